"""Files from customers: what is not what it says stays out."""

import io
import resource
import zlib

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


def a_picture(image_format: str, size: tuple[int, int] = (40, 30), *, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "white").save(out, format=image_format)
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
        ("bomb.png", a_picture("PNG", (9_000, 9_000), mode="1"), "pixels"),
    ],
)
def test_everything_else_is_refused_with_its_reason(name: str, content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_upload(name, content)
    assert refused.value.code == code


def test_a_picture_loses_everything_but_its_picture() -> None:
    smuggled = a_picture("PNG") + b"<?php system('id') ?>"
    assert b"php" not in check_upload("fax.png", smuggled).content


def test_a_picture_loses_its_comments_too() -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, format="JPEG", comment=b"<?php system('id') ?>")
    assert b"php" not in check_upload("fax.jpg", out.getvalue()).content


def zeros(megabytes: int) -> bytes:
    """So many megabytes of nothing, packed a thousand to one."""
    packer = zlib.compressobj(wbits=-15)
    megabyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = ((megabytes << 20) % 65521 << 16) + 1
    return b"\x78\x9c" + megabyte * megabytes + b"\x03\x00" + checksum.to_bytes(4, "big")


def a_bomb() -> bytes:
    """A PDF of three megabytes whose table of contents unpacks to three gigabytes."""
    packed = zeros(3_000)
    head = b"%PDF-1.5\n"
    table = b"1 0 obj\n<</Type/XRef/Size 2/W[1 2 1]/Root 2 0 R/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
    return head + table + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % len(head)


def test_a_bomb_takes_only_its_own_process_along() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # the largest of all that other stories started
    with pytest.raises(Refused) as refused:
        check_upload("order.pdf", a_bomb())
    assert refused.value.code in {"unreadable", "broken"}  # as far as the parser got
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < max(1_100_000, others + 1)


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Refused) as refused:
        check_upload("order.pdf", a_pdf(), time_limit=0.001)
    assert (refused.value.code, "in time" in refused.value.message) == ("unreadable", True)


def test_the_largest_picture_fits_into_the_limits() -> None:
    assert check_upload("poster.jpg", a_picture("JPEG", (7_700, 7_700))).content_type == "image/jpeg"


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "C:\\temp\\passwd.pdf", "/passwd.pdf"])
def test_a_name_is_only_a_name(name: str) -> None:
    assert check_upload(name, a_pdf()).filename == "passwd.pdf"
