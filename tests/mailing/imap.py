"""A tiny IMAP server with one mailbox: as much of the protocol as reading reports needs."""

from __future__ import annotations

import re
import socketserver
import threading
from typing import Self


class ImapServer(socketserver.ThreadingTCPServer):
    """Holds messages by UID; what was read is in `seen`. `breaks_at` hangs up before that UID is fetched."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, messages: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.messages = dict(enumerate(messages, start=1))
        self.seen: set[int] = set()
        self.fetched: list[int] = []
        self.breaks_at = 0
        self.password = "secret"

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Session(socketserver.StreamRequestHandler):
    """One client's talk."""

    server: ImapServer

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            if not self.answer(tag, command):
                return

    def answer(self, tag: str, command: str) -> bool:
        server, word = self.server, command.split(maxsplit=1)[0].upper()
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif word == "LOGIN" and server.password not in command:
            self.say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
            return True
        elif word == "SELECT" and '"INBOX"' not in command:
            self.say(f"{tag} NO no such folder")
            return True
        elif word == "SELECT":
            self.say(f"* {len(server.messages)} EXISTS")
        elif word == "UID" and "SEARCH" in command:
            self.say("* SEARCH " + " ".join(str(uid) for uid in server.messages if uid not in server.seen))
        elif word == "UID" and "FETCH" in command:
            uid = int(command.split()[2])
            if uid == server.breaks_at:
                return False
            server.fetched.append(uid)
            limit = int(re.search(r"<0\.(\d+)>", command)[1])  # type: ignore[index]
            content = server.messages[uid][:limit]
            self.wfile.write(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(content)}}}\r\n".encode() + content + b")\r\n")
        elif word == "UID" and "STORE" in command:
            server.seen.add(int(command.split()[2]))
        elif word == "LOGOUT":
            self.say("* BYE")
        self.say(f"{tag} OK done")
        return word != "LOGOUT"
