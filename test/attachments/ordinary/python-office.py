"""Documents by python-docx and openpyxl, and mail signed with DKIM by dkimpy: one JSON object per line, as python-email.py."""

import base64
import io
import json
import subprocess
import sys
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import dkim
import docx
import openpyxl

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
KEY = subprocess.run(["openssl", "genrsa", "-traditional", "1024"], capture_output=True, check=True).stdout


def out(what, data):
    data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    sys.stdout.write(json.dumps({"what": what, "message": base64.b64encode(data).decode()}) + "\n")


def new(subject="Hello"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Anna <a@sender.test>", "alice@c.example.test", subject
    message["Date"], message["Message-ID"] = "Mon, 05 Jan 2026 10:00:00 +0100", "<1@sender.test>"
    message.set_content("Please see the attached file, and www.sender.test/run.exe.\n")
    return message


def document(paragraphs, picture):
    text = docx.Document()
    text.add_heading("Report", 0)
    for number in range(paragraphs):
        text.add_paragraph(f"Paragraph {number}: see run.exe for details. " * 5)
    table = text.add_table(rows=3, cols=3)
    table.cell(0, 0).text = "setup.exe"
    if picture:
        text.add_picture(io.BytesIO(PNG))
    target = io.BytesIO()
    text.save(target)
    return target.getvalue()


def workbook(rows, sheets):
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.create_sheet(f"sheet {number}.exe")
        for row in range(rows):
            sheet.append([row, "run.exe", row * 1.5])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def attach(message, name, data, kind):
    message.add_attachment(data, maintype="application", subtype=kind, filename=name)
    return message


WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
for paragraphs, picture in ((1, False), (50, True), (2000, False)):
    out(f"python-docx: {paragraphs} paragraphs", attach(new(), "zpráva.docx", document(paragraphs, picture), WORD).as_bytes())
out("python-docx: a template", attach(new(), "letter.dotx", document(1, True), WORD).as_bytes())
for rows, sheets in ((1, 1), (500, 3), (0, 20)):
    out(f"openpyxl: {sheets} sheets of {rows} rows", attach(new(), "table.xlsx", workbook(rows, sheets), EXCEL).as_bytes())

for canonical in (b"relaxed/relaxed", b"simple/simple", b"relaxed/simple"):
    for message in (new(), attach(new(), "report.docx", document(1, False), WORD)):
        data = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        how = tuple(canonical.split(b"/"))
        signature = dkim.sign(data, b"s", b"sender.test", KEY, canonicalize=how, include_headers=[b"from", b"to", b"subject"])
        kind = "a document" if message.is_multipart() else "text"
        out(f"dkimpy: {kind}, {canonical.decode()}", signature + data)

# As mailing-list managers make digests (RFC 1153 by MIME, RFC 2046 5.1.5).
for count in (1, 3, 40):
    digest = MIMEMultipart("digest")
    for number in range(count):
        digest.attach(MIMEMessage(MIMEText(f"message {number}\n--\nAnna\n", _charset="utf-8")))
    outer = MIMEMultipart("mixed")
    outer["Subject"], outer["From"], outer["To"] = "List Digest, Vol 1, Issue 1", "list@lists.test", "alice@c.example.test"
    outer["List-Id"], outer["Precedence"] = "<list.lists.test>", "list"
    for part in (MIMEText("Today's topics:\n\n   1. run.exe (Anna)\n"), digest, MIMEText("_______\nlist mailing list\n")):
        outer.attach(part)
    out(f"a digest of {count} messages", outer.as_bytes())

for level in (1, 2, 8):
    inner = attach(new("inner"), "inner.docx", document(1, False), WORD)
    for _ in range(level):
        outer = new("Fwd: inner")
        outer.add_attachment(inner)
        inner = outer
    out(f"a document, forwarded {level} times as a message", inner.as_bytes())
