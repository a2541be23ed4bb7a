"""Ordinary mail made by Python's email and smtplib's forerunners: one JSON object per line, `what` and `message` in Base64."""

import base64
import io
import json
import sys
import tarfile
import zipfile
from email import policy
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def out(what, data):
    data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    sys.stdout.write(json.dumps({"what": "python: " + what, "message": base64.b64encode(data).decode()}) + "\n")


def new(subject="Hello"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Anna <a@sender.test>", "alice@c.example.test", subject
    return message


def bytes_of(message):
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def zipped(names, method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name in names:
            # A folder holds nothing: one that does is a file for some unpackers.
            content = "" if name.endswith("/") else ("content of " + name + "\n") * 20
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return target.getvalue()


def tarred(names, mode="w:gz"):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name in names:
            data = ("content of " + name + "\n").encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


WORD = ["[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml", "word/media/image1.png", "docProps/core.xml"]
EXCEL = ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"]
SLIDES = ["[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml", "ppt/slides/slide1.xml", "ppt/media/image1.jpeg"]
ODT = ["mimetype", "content.xml", "styles.xml", "META-INF/manifest.xml", "Pictures/10000.png"]
EPUB = ["mimetype", "META-INF/container.xml", "OEBPS/content.opf", "OEBPS/chapter1.xhtml"]

FILES = [
    ("report.pdf", "application", "pdf", PDF),
    ("photo.png", "image", "png", PNG),
    ("data.csv", "text", "csv", b"a,b\n1,2\n"),
    ("notes.txt", "text", "plain", b"begin with this note\nand end\n"),
    ("page.html", "text", "html", b"<html><body>Hello</body></html>"),
    ("letter.docx", "application", "vnd.openxmlformats-officedocument.wordprocessingml.document", zipped(WORD)),
    ("table.xlsx", "application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet", zipped(EXCEL)),
    ("talk.pptx", "application", "vnd.openxmlformats-officedocument.presentationml.presentation", zipped(SLIDES)),
    ("text.odt", "application", "vnd.oasis.opendocument.text", zipped(ODT, zipfile.ZIP_STORED)),
    ("book.epub", "application", "epub+zip", zipped(EPUB)),
    ("photos.zip", "application", "zip", zipped(["photos/", "photos/a.jpg", "photos/b.jpg"])),
    ("site.zip", "application", "zip", zipped(["example.com/", "example.com/index.html"])),
    ("many.zip", "application", "zip", zipped(["dir/file-%d.txt" % n for n in range(300)])),
    ("nested.zip", "application", "zip", zipped(["readme.md", "inner/readme.md"])),
    ("logs.tar.gz", "application", "gzip", tarred(["var/log/syslog", "var/log/mail.log"])),
    ("logs.tar.bz2", "application", "x-bzip2", tarred(["a.log"], "w:bz2")),
    ("logs.tar.xz", "application", "x-xz", tarred(["a.log"], "w:xz")),
    ("logs.tar", "application", "x-tar", tarred(["a.log", "b/c.log"], "w")),
    ("report v1.2.3.final.pdf", "application", "pdf", PDF),
    ("invoice from shop.com - 2026.pdf", "application", "pdf", PDF),
    ("song.mp3", "audio", "mpeg", b"ID3\x03\x00" + b"\x00" * 400),
    ("vcard.vcf", "text", "vcard", b"BEGIN:VCARD\nFN:Anna\nEND:VCARD\n"),
    ("key.asc", "application", "pgp-keys", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n"),
    ("script.py", "text", "x-python", b"print('hello')\n"),
    ("noextension", "application", "octet-stream", b"0123456789" * 10),
    ("archive.json.gz", "application", "gzip", __import__("gzip").compress(b'{"a": 1}' * 50)),
]

for name, main, sub, data in FILES:
    for way in ("attachment", "inline"):
        message = new(name)
        message.set_content("Please find the file.\n")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name, disposition=way)
        out(f"EmailMessage with {name}, {way}", bytes_of(message))

for charset, text in [
    ("us-ascii", "Hello"), ("utf-8", "Příliš žluťoučký kůň"), ("iso-8859-2", "Žluťoučký kůň"), ("iso-8859-1", "Grüße"),
    ("windows-1250", "Žluťoučký"), ("windows-1252", "“Grüße”"), ("koi8-r", "Привет"), ("windows-1251", "Привет"), ("iso-2022-jp", "こんにちは"),
    ("shift_jis", "こんにちは"), ("euc-jp", "日本"), ("gb2312", "你好"), ("big5", "你好"), ("euc-kr", "안녕"), ("iso-8859-7", "Καλημέρα"),
    ("iso-8859-8", "שלום"), ("windows-1256", "مرحبا"), ("iso-8859-9", "Merhaba ığş"),
]:
    plain = MIMEText(text, "plain", charset)
    plain["Subject"] = text
    out(f"MIMEText in {charset}", plain.as_bytes())
    both = MIMEMultipart("alternative")
    both["Subject"] = text
    both.attach(MIMEText(text, "plain", charset))
    both.attach(MIMEText(f"<p>{text}</p>", "html", charset))
    out(f"alternatives in {charset}", both.as_bytes())
    mixed = MIMEMultipart()
    mixed.attach(MIMEText(text, "plain", charset))
    part = MIMEApplication(PDF, "pdf")
    part.add_header("Content-Disposition", "attachment", filename=(charset, "", f"{text}.pdf"))
    mixed.attach(part)
    out(f"a file with a name in {charset} (RFC 2231)", mixed.as_bytes())

for subtype in ("mixed", "related", "alternative", "signed", "digest", "parallel"):
    container = MIMEMultipart(subtype)
    container["Subject"] = subtype
    if subtype == "digest":
        for n in range(5):
            container.attach(MIMEMessage(MIMEText(f"Message {n}\n")))
    else:
        container.attach(MIMEText("Hello\n"))
        container.attach(MIMEText("<p>Hello</p>\n", "html"))
    out(f"multipart/{subtype}", container.as_bytes())

related = new("inline images")
related.set_content("Text")
related.add_alternative("<img src=cid:one><img src=cid:two>", subtype="html")
related.get_payload()[1].add_related(PNG, "image", "png", cid="<one>")
related.get_payload()[1].add_related(PNG, "image", "png", cid="<two>", filename="logo.png")
out("inline images", bytes_of(related))

for depth in range(1, 7):
    forwarded = new("innermost")
    forwarded.set_content("Innermost\n")
    for n in range(depth):
        outer = new("Fwd: " * (n + 1))
        outer.set_content("FYI\n")
        outer.add_attachment(forwarded)
        forwarded = outer
    out(f"forwarded {depth} times as attachment", bytes_of(forwarded))

flowed = new("flowed")
flowed.set_content("A line that flows \nand goes on.\n\n> quoted \n> more\n")
flowed.set_param("format", "flowed")
out("format=flowed", bytes_of(flowed))

for size in (1, 50, 400):
    news = new(f"newsletter {size}")
    news["List-Unsubscribe"] = "<https://news.example/u>"
    news["DKIM-Signature"] = "v=1; a=rsa-sha256; d=sender.test; s=x; h=from:to; bh=" + "A" * 44 + "; b=" + "B" * 300
    news.set_content("Read it online\n" * size)
    news.add_alternative("<table><tr><td>" + "<p>An article about run.exe and setup.bat</p>\n" * size * 20 + "</td></tr></table>", subtype="html")
    out(f"newsletter with {size * 20} paragraphs", bytes_of(news))

for count in (3, 30):
    many = new(f"{count} photos")
    many.set_content("Photos\n")
    for n in range(count):
        many.add_attachment(PNG, maintype="image", subtype="png", filename=f"IMG_{n:04}.png")
    out(f"{count} photos", bytes_of(many))

with_policy = new("Žluťoučký kůň " * 10)
with_policy.set_content("Text")
for name, chosen in (("SMTP", policy.SMTP), ("SMTPUTF8", policy.SMTPUTF8), ("HTTP", policy.HTTP), ("default", policy.default)):
    out(f"policy {name}", with_policy.as_bytes(policy=chosen))

mailman = MIMEMultipart("mixed")
mailman["Subject"] = "[list] with a footer"
mailman.attach(MIMEText("Hello list\n"))
footer = MIMEText("____________\nlist mailing list\nlist@lists.example\n")
footer["Content-Disposition"] = "inline"
mailman.attach(footer)
out("a mailing list's footer", mailman.as_bytes())

octets = MIMEBase("application", "octet-stream")
octets.set_payload(b"plain")
octets.add_header("Content-Disposition", "attachment", filename="=?utf-8?b?xb5sdcWlb3XEjWvDvS5wZGY=?=")
old = MIMEMultipart()
old.attach(MIMEText("x"))
old.attach(octets)
old.attach(MIMEImage(PNG, name="a.png"))
out("a name as an encoded word", old.as_bytes())
