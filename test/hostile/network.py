# %% socket
import socket
socket.create_connection(("127.0.0.1", PORT), 1).send(b"GET / HTTP/1.0\r\n\r\n")
# %% raw socket module
import _socket
s = _socket.socket()
s.connect(("127.0.0.1", PORT))
# %% urllib
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:PORT/").read())
# %% http.client
import http.client
c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=1)
c.request("GET", "/")
# %% datagram
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", PORT))
# %% listen
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print("ESCAPED")
# %% name lookup
import socket
print(socket.gethostbyname("localhost"))
# %% pyodide.http
from pyodide.http import open_url
print(open_url("http://127.0.0.1:PORT/").read())
# %% micropip
import micropip
micropip.install("http://127.0.0.1:PORT/x-1-py3-none-any.whl")
# %% pip
import pip
pip.main(["install", "six"])
