"""winmail.dat as Outlook makes it, written from MS-OXTNEF and MS-OXCMSG alone: one JSON object per line, `what` and `message`."""

import base64
import json
import struct
import sys
from email.message import EmailMessage

MESSAGE, ATTACHMENT = 1, 2
# MS-OXTNEF 2.1.3.2: type and number of the attributes.
VERSION, CODEPAGE, CLASS, SUBJECT, DATE, PRIORITY, BODY, PROPERTIES, RECIPIENTS = (
    0x00089006, 0x00069007, 0x00078008, 0x00018004, 0x00038005, 0x0004800D, 0x0002800C, 0x00069003, 0x00069004)
RENDER, TITLE, DATA, META, MODIFIED, ATTACHED = 0x00069002, 0x00018010, 0x0006800F, 0x00068011, 0x00038013, 0x00069005
# MS-OXCDATA 2.11.1: types of properties.
INTEGER, BOOLEAN, STRING8, UNICODE, TIME, BINARY, OBJECT = 0x0003, 0x000B, 0x001E, 0x001F, 0x0040, 0x0102, 0x000D
# IID_IMessage, in front of an attached message.
IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")
WHEN = struct.pack("<7H", 2026, 1, 5, 10, 0, 0, 1)


def attribute(level, number, data):
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def padded(data):
    return data + bytes(-len(data) % 4)


def value(kind, data):
    if kind in (INTEGER, BOOLEAN):
        return struct.pack("<i", data)
    if kind == TIME:
        return struct.pack("<q", data)
    raw = {STRING8: lambda: data.encode("cp1250") + b"\0", UNICODE: lambda: data.encode("utf-16-le") + b"\0\0"}.get(kind, lambda: data)()
    return struct.pack("<II", 1, len(raw)) + padded(raw)


def properties(*rows):
    out = struct.pack("<I", len(rows))
    for number, kind, data in rows:
        if isinstance(number, tuple):
            # A named property: a set of names, then a number or a name (MS-OXTNEF 2.1.3.4.1).
            guid, name = number
            label = name.encode("utf-16-le") + b"\0\0"
            named = guid + struct.pack("<II", 1, len(label)) + padded(label)
            out += struct.pack("<HH", kind, 0x8000) + named + value(kind, data)
        else:
            out += struct.pack("<HH", kind, number) + value(kind, data)
    return out


def text8(text):
    return text.encode("cp1250", "replace") + b"\0"


def stream(subject, files=(), message_class="IPM.Microsoft Mail.Note", body=None, key=7):
    head = struct.pack("<IH", 0x223E9F78, key)
    head += attribute(MESSAGE, VERSION, struct.pack("<I", 0x00010000))
    head += attribute(MESSAGE, CODEPAGE, struct.pack("<II", 1250, 0))
    head += attribute(MESSAGE, CLASS, text8(message_class))
    head += attribute(MESSAGE, SUBJECT, text8(subject)) + attribute(MESSAGE, PRIORITY, struct.pack("<H", 2))
    head += attribute(MESSAGE, DATE, WHEN)
    if body is not None:
        head += attribute(MESSAGE, BODY, text8(body))
    guid = bytes.fromhex("8603020000000000c000000000000046")
    head += attribute(MESSAGE, PROPERTIES, properties(
        (0x0037, UNICODE, subject), (0x0E06, TIME, 134_000_000_000_000_000), (0x1009, BINARY, b"rtf, compressed\0" * 4),
        (0x0023, BOOLEAN, 0), ((guid, "Keywords"), UNICODE, "run.exe")))
    return head + b"".join(attached(*one) for one in files)


def attached(name, data, long=None, content_id=None, message=False):
    short = name if long is None else name[:6].upper() + "~1." + name.rsplit(".", 1)[-1][:3].upper()
    rows = [(0x0E20, INTEGER, len(data)), (0x3704, UNICODE, short), (0x3707, UNICODE, long or name), (0x3001, UNICODE, long or name),
            (0x3703, UNICODE, "." + name.rsplit(".", 1)[-1]), (0x370B, INTEGER, -1), (0x3705, INTEGER, 5 if message else 1)]
    if content_id:
        rows.append((0x3712, UNICODE, content_id))
    if message:
        rows.append((0x3701, OBJECT, IMESSAGE + data))
    out = attribute(ATTACHMENT, RENDER, struct.pack("<HIHHI", 2 if message else 1, 0xFFFFFFFF, 32, 32, 0))
    out += attribute(ATTACHMENT, MODIFIED, WHEN) + attribute(ATTACHMENT, TITLE, text8(short))
    if not message:
        out += attribute(ATTACHMENT, META, bytes(64)) + attribute(ATTACHMENT, DATA, data)
    return out + attribute(ATTACHMENT, ATTACHED, properties(*rows))


def out(what, data, kind="ms-tnef", name="winmail.dat"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Anna <a@sender.test>", "alice@c.example.test", what
    message["X-MS-TNEF-Correlator"] = "<1@sender.test>"
    message.set_content("Hello\n")
    message.add_attachment(data, maintype="application", subtype=kind, filename=name)
    raw = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    row = {"what": "Outlook: " + what, "message": base64.b64encode(raw).decode(), "tnef": base64.b64encode(data).decode()}
    sys.stdout.write(json.dumps(row) + "\n")


PDF = b"%PDF-1.4\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
out("a document", stream("a document", [("report.pdf", PDF)]))
out("a long name in Unicode", stream("name", [("zprava.pdf", PDF, "Výroční zpráva o činnosti spolku.pdf")]))
out("three files", stream("three", [("a.pdf", PDF), ("b.docx", PDF), ("c.txt", b"text\n")]))
out("a picture in the text", stream("picture", [("image001.png", PNG, None, "image001.png@01D00000")]))
out("no file", stream("nothing", [], body="Hello"))
out("a meeting", stream("Meeting", [], "IPM.Microsoft Schedule.MtgReq"))
out("a task", stream("Task", [("list.txt", b"x\n")], "IPM.Task"))
out("a receipt", stream("Read: Hello", [], "IPM.Microsoft Mail.Read Receipt"))
out("a forwarded message", stream("Fwd", [("inner", stream("inner", [("inner.pdf", PDF)]), None, None, True)]))
out("as octets", stream("octets", [("report.pdf", PDF)]), "octet-stream", "winmail.dat")
out("with the type of Exchange", stream("type", [("report.pdf", PDF)]), "vnd.ms-tnef", "att00001.dat")
