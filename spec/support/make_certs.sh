#!/bin/sh
# SPDX-License-Identifier: MIT
# make_certs.sh DIR: makes a test CA and server certificates in DIR, unless they are there already.
#   ca.pem                     the CA to trust            other-ca.pem             a CA that signed none of these
#   server.pem   server.key    localhost, 127.0.0.1, ::1  client code that trusts ca.pem accepts it
#   wrong-host.pem             the same CA and key, but for the name elsewhere.test
#   expired.pem                the same CA, key and names, but no longer valid
#   hash/                      ca.pem as a directory of certificates (for ca_path)
# Keys are P-256: fast to make and to shake hands with. Nothing here protects anything.
set -eu
dir=${1:?usage: make_certs.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
[ -e "$dir/complete" ] && [ -z "${FORCE:-}" ] && exit 0
# A directory of its own, moved into place at the end: two test runs may start at once.
work=$(mktemp -d "$dir/new.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >ca.cnf <<'CNF'
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = dn
[dn]
[here]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1,IP:::1
[elsewhere]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:elsewhere.test
CNF
: >index.txt

quiet() { "$@" >log 2>&1 || { cat log >&2; exit 1; }; }
key() { quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
authority() { # NAME
  key "$1.key"
  quiet openssl req -x509 -new -key "$1.key" -sha256 -days 3650 -subj "/CN=signalr test $1" \
    -config ca.cnf -extensions authority -out "$1.pem"
}
certificate() { # NAME SECTION FROM TO
  quiet openssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in server.csr \
    -extensions "$2" -startdate "$3" -enddate "$4" -out "$1.pem"
}

authority ca
authority other-ca
key server.key
quiet openssl req -new -key server.key -subj "/CN=localhost" -config ca.cnf -out server.csr
certificate server here 20200101000000Z 20991231235959Z
certificate wrong-host elsewhere 20200101000000Z 20991231235959Z
certificate expired here 20200101000000Z 20200201000000Z
mkdir hash
cp ca.pem "hash/$(openssl x509 -in ca.pem -noout -hash).0"
rm -f log index.txt* ca.cnf server.csr ./*.old [0-9A-F][0-9A-F]*.pem
rm -rf "$dir/hash"
mv -f hash ./*.pem ./*.key "$dir/"
: >"$dir/complete"
