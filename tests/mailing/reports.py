"""Reports as mail servers write them, and as nobody should."""

from __future__ import annotations

OURS = "<0123456789abcdef@hafen-cad.example>"
POSTFIX = f"""From: MAILER-DAEMON@mx.relay.example (Mail Delivery System)
To: rechnung@hafen-cad.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-Id: <20260303.1@mx.relay.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.relay.example.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.relay.example
Arrival-Date: Tue,  3 Mar 2026 12:00:00 +0000 (UTC)

Final-Recipient: rfc822; einkauf1@werft.example
Original-Recipient: rfc822;einkauf1@werft.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <einkauf1@werft.example>: Recipient address
    rejected: User unknown

--b
Content-Type: text/rfc822-headers

To: einkauf1@werft.example
Message-ID: {OURS}

--b--
"""
DELAYED = POSTFIX.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1")
DELIVERED = POSTFIX.replace("Action: failed", "Action: relayed").replace("Status: 5.1.1", "Status: 2.0.0")
EXCHANGE = f"""From: Microsoft Outlook <postmaster@werft.example>
To: rechnung@hafen-cad.example
Subject: Unzustellbar: Zahlungserinnerung
In-Reply-To: {OURS}
References: {OURS}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: multipart/alternative; boundary="y"

--y
Content-Type: text/plain

Ihre Nachricht konnte nicht zugestellt werden.
--y--

--x
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.werft.example
Received-From-MTA: dns;relay.example

Final-Recipient: rfc822;Einkauf1@Werft.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver

--x
Content-Type: message/rfc822

From: rechnung@hafen-cad.example
To: einkauf1@werft.example
Subject: Zahlungserinnerung

text
--x--
"""
GMAIL = f"""From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: rechnung@hafen-cad.example
X-Failed-Recipients: einkauf1@werft.example
References: {OURS}
Subject: Delivery Status Notification (Failure)
Content-Type: text/plain; charset="UTF-8"

** Address not found **
"""
COMPLAINT = f"""From: <feedback@provider.example>
To: rechnung@hafen-cad.example
Subject: FW: Zahlungserinnerung
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="f"

--f
Content-Type: text/plain

This is an email abuse report.
--f
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1.0
Version: 1
Original-Rcpt-To: <einkauf1@werft.example>

--f
Content-Type: message/rfc822

Message-ID: {OURS}
To: einkauf1@werft.example

text
--f--
"""
STATUS = "--b\nContent-Type: message/delivery-status\n"
HEAD = "From: MAILER-DAEMON@x\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n"
HOSTILE = {
    "nothing in it": HEAD,
    "no outcome": f"{HEAD}{STATUS}\nReporting-MTA: dns; x\n\nAction: exploded\n\n--b--\n",
    "no blocks": f"{HEAD}{STATUS}\n--b--\n",
    "encoded blocks": f"{HEAD}{STATUS}Content-Transfer-Encoding: base64\n\n////\n--b--\n",
    "no end of nests": "From: postmaster@x\n" + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 400,
    "many parts": HEAD + "--b\nContent-Type: text/plain\n\nx\n" * 3000 + "--b--\n",
    "an unknown charset": "From: postmaster@x\nSubject: =?klingon?B?////?=\nContent-Type: text/plain; charset=tlh\n\nx",
    "a boundary of nothing": 'From: mailer-daemon@x\nContent-Type: multipart/report; boundary=""\n\n--\n----\n',
    "a header without end": "From: mailer-daemon@x\nSubject: " + "a" * 200_000,
    "NUL and control characters": "From: mailer-daemon@x\nSubject: a\x00b\x1b[31m\n\n\x00",
}
NO_REPORTS = {
    "an answer": f"From: einkauf1@werft.example\nIn-Reply-To: {OURS}\nSubject: Re: Rechnung\n\nWir zahlen morgen.\n",
    "nothing": "",
    "noise": "\x00\x01\x02",
}
