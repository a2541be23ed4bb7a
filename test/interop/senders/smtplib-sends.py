"""Sends the messages of a list on one connection: `smtplib-sends.py PORT plain|tls LIST`. Ends with a traceback at the first refusal."""

import json
import smtplib
import ssl
import sys

port, security, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=60) as server:
    if security == "tls":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        server.starttls(context=context)
    for row in json.load(open(path)):
        with open(row["file"], "rb") as message:
            server.sendmail(row["from"], [row["to"]], message.read())
