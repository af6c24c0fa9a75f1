"""Files from customers: what is not what it says stays out."""

import io

import pikepdf
import pytest
from PIL import Image

from core.refused import Refused
from core.uploads import LIMIT_BYTES, check_upload


def a_pdf(*, password: str = "", script: bool = False, attachment: bool = False) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    if script:
        pdf.Root.OpenAction = pdf.make_indirect(
            pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        )
    if attachment:
        pdf.attachments["x.exe"] = b"MZ"
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(owner=password, user=password) if password else False)
    return out.getvalue()


def a_picture(image_format: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, format=image_format)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("order.pdf", a_pdf(), "application/pdf"),
        ("ORDER.PDF", a_pdf(), "application/pdf"),
        ("fax.png", a_picture("PNG"), "image/png"),
        ("fax.jpg", a_picture("JPEG"), "image/jpeg"),
        ("fax.jpeg", a_picture("JPEG"), "image/jpeg"),
    ],
)
def test_honest_files_are_accepted(name: str, content: bytes, content_type: str) -> None:
    checked = check_upload(name, content)
    assert (checked.filename, checked.content_type) == (name, content_type)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("order.pdf", b"", "empty"),
        ("order.pdf", b"%PDF-1.7" + b"0" * LIMIT_BYTES, "size"),
        ("order.exe", b"MZ", "type"),
        ("order.svg", b"<svg onload=alert(1)>", "type"),
        ("order.html", b"<script>", "type"),
        ("order", a_pdf(), "type"),
        ("order.pdf.exe", a_pdf(), "type"),
        ("order.pdf", b"<html><script>alert(1)</script>", "disguised"),
        ("order.pdf", b"MZ\x90", "disguised"),
        ("order.png", a_picture("JPEG"), "disguised"),
        ("order.jpg", a_pdf(), "disguised"),
        ("order.pdf", a_pdf()[:60], "broken"),
        ("order.pdf", b"%PDF-1.7\n%%EOF", "broken"),
        ("order.png", a_picture("PNG")[:40], "broken"),
        ("order.jpg", b"\xff\xd8\xff" + b"\0" * 50, "broken"),
        ("order.pdf", a_pdf(password="geheim"), "encrypted"),
        ("order.pdf", a_pdf(script=True), "active"),
        ("order.pdf", a_pdf(attachment=True), "active"),
        ("bomb.png", a_picture("PNG", (9_000, 9_000)), "pixels"),
    ],
)
def test_everything_else_is_refused_with_its_reason(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_upload(name, content)
    assert refused.value.code == code


def test_a_picture_loses_everything_but_its_picture() -> None:
    smuggled = a_picture("PNG") + b"<?php system('id') ?>"
    assert b"php" not in check_upload("fax.png", smuggled).content


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "C:\\temp\\passwd.pdf", "/passwd.pdf"])
def test_a_name_is_only_a_name(name: str) -> None:
    assert check_upload(name, a_pdf()).filename == "passwd.pdf"
