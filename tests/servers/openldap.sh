#!/bin/bash
# A throw-away OpenLDAP 2.5 that serves the made-up organization of people.tsv on the loopback
# interface, over TLS only, with the schema and the access rules of examples/directories/openldap.
#
#   openldap.sh start DIR [PORT]   makes what is missing in DIR, starts, seeds once, prints settings
#   openldap.sh stop DIR           stops the slapd that was started for DIR, and no other
#   openldap.sh env DIR            prints the settings again
#
# PORT is the ldaps port; the default `auto` takes a free one. A second, free port speaks ldap:// and
# does nothing before StartTLS (olcSecurity ssf=128). Needs slapd, ldap-utils, openssl,
# python3. Runs as any user; as root, slapd drops to the user `openldap` where it can reach DIR.
# SALLYPORT_SLAPD_HASH names the scheme that new passwords are hashed with (default {ARGON2}); a cheap one,
# {SSHA}, shows what else a reset costs. SALLYPORT_SLAPD_CHANGES=yes has slapd write every change it makes to
# DIR/changes.ldif.
# Secrets (passwords.tsv, bind.pw, root.pw) are made anew in each DIR, mode 0600.
set -euo pipefail
umask 077
verb=${1:?start, stop or env}
dir=$(realpath -m "${2:?a folder of its own}")
port=${3:-auto}
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$here/../../examples/directories/openldap" && pwd)
schema=/etc/ldap/schema
base=dc=alderfinch,dc=example
PATH=$PATH:/usr/sbin

settings() {
  cat <<L
LDAPS_URL=ldaps://127.0.0.1:$(cat "$dir/port")
STARTTLS_URL=ldap://127.0.0.1:$(cat "$dir/port.starttls")
CA=$dir/tls/ca.pem
BIND_DN=cn=sallyport,ou=services,$base
BIND_PW_FILE=$dir/bind.pw
BASE=$base
PEOPLE_BASE=ou=people,$base
GROUPS_BASE=ou=groups,$base
PASSWORDS_FILE=$dir/passwords.tsv
EMBEDDED_SEED=$dir/embedded_seed.json
ROOT_DN=cn=root,$base
ROOT_PW_FILE=$dir/root.pw
SLAPD_PID=$(cat "$dir/run/slapd.pid")
L
}

is_ours() { # a pid may have been given to somebody else since
  [[ -r $dir/run/slapd.pid ]] &&
    tr '\0' ' ' <"/proc/$(cat "$dir/run/slapd.pid")/cmdline" 2>/dev/null | grep -qF -- "$dir/config"
}

make_certificates() {
  local tls=$dir/tls
  mkdir -p "$tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Alder & Finch test CA" \
    -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=ldap.alderfinch.example" \
    -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
  openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 30 \
    -extfile <(printf 'subjectAltName=DNS:ldap.alderfinch.example,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n') \
    -out "$tls/server.pem" 2>/dev/null
  chmod 644 "$tls/ca.pem"
}

make_config() {
  head -c 24 /dev/urandom | base64 | tr -d '+/=\n' >"$dir/root.pw"
  cat >"$dir/slapd.ldif" <<L
dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: $dir/run/slapd.pid
olcTLSCACertificateFile: $dir/tls/ca.pem
olcTLSCertificateFile: $dir/tls/server.pem
olcTLSCertificateKeyFile: $dir/tls/server.key
olcTLSProtocolMin: 3.3
olcSecurity: ssf=128

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: ppolicy
olcModuleLoad: memberof
olcModuleLoad: argon2
olcModuleLoad: auditlog

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file://$schema/core.ldif
include: file://$schema/cosine.ldif
include: file://$schema/inetorgperson.ldif
include: file://$examples/sallyport.schema.ldif

dn: olcDatabase=frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: frontend
olcPasswordHash: ${SALLYPORT_SLAPD_HASH:-{ARGON2\}}
olcAccess: to dn.base="" by * read
olcAccess: to * by * none

dn: olcDatabase=config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: config
olcAccess: to * by * none

dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcDbDirectory: $dir/data
olcDbMaxSize: 67108864
olcSuffix: $base
olcRootDN: cn=root,$base
olcRootPW: $(slappasswd -n -T "$dir/root.pw")
olcDbIndex: objectClass,uid,entryUUID,member,uniqueMember,memberOf eq
$(sed -n '/^olcAccess:/,$p' "$examples/access.example.ldif")

dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: ppolicy
olcPPolicyDefault: cn=default,ou=policies,$base
olcPPolicyHashCleartext: TRUE

dn: olcOverlay=memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOfConfig
olcOverlay: memberof
olcMemberOfRefInt: TRUE
L
  if [[ ${SALLYPORT_SLAPD_CHANGES:-no} == yes ]]; then
    cat >>"$dir/slapd.ldif" <<L

dn: olcOverlay=auditlog,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcAuditlogConfig
olcOverlay: auditlog
olcAuditlogFile: $dir/changes.ldif
L
  fi
  slapadd -F "$dir/config" -n0 -l "$dir/slapd.ldif"
  touch "$dir/configured"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

run_slapd() {
  local as=()
  if [[ $(id -u) == 0 ]] && id openldap >/dev/null 2>&1; then
    chown -R openldap: "$dir"
    if setpriv --reuid openldap --regid openldap --clear-groups test -w "$dir/data" 2>/dev/null; then
      as=(-u openldap -g openldap)
    fi
  fi
  ulimit -n 1024 # slapd reserves memory for every descriptor it may have
  slapd "${as[@]}" -F "$dir/config" \
    -h "ldaps://127.0.0.1:$(cat "$dir/port") ldap://127.0.0.1:$(cat "$dir/port.starttls")"
}

answers() {
  LDAPTLS_CACERT=$dir/tls/ca.pem \
    ldapsearch -x -H "ldaps://127.0.0.1:$(cat "$dir/port")" -s base -b '' 1.1 >/dev/null 2>&1
}

seed() {
  python3 "$here/make_seed.py" "$dir"
  export LDAPTLS_CACERT=$dir/tls/ca.pem
  local as_root=(-x -H "ldaps://127.0.0.1:$(cat "$dir/port")" -D "cn=root,$base" -y "$dir/root.pw")
  ldapadd "${as_root[@]}" -f "$dir/organization.ldif" >/dev/null
  ldapmodify "${as_root[@]}" -e relax -f "$dir/locks.ldif" >/dev/null
  rm "$dir/organization.ldif" "$dir/locks.ldif" # the passwords in clear are needed once
  touch "$dir/seeded"
}

case $verb in
start)
  if is_ours; then
    echo "slapd is already running for $dir" >&2
    exit 1
  fi
  mkdir -p "$dir"/{config,data,run}
  rm -f "$dir/run/slapd.pid"
  [[ -e $dir/tls/server.pem ]] || make_certificates
  [[ -e $dir/configured ]] || make_config
  for attempt in 1 2 3; do
    if [[ $port != auto ]]; then
      echo "$port" >"$dir/port"
    elif [[ ! -e $dir/port || $attempt != 1 ]]; then # a restart keeps its port, if nobody took it
      free_port >"$dir/port"
    fi
    free_port >"$dir/port.starttls"
    run_slapd && break
    [[ $attempt != 3 ]] || exit 1
  done
  for _ in $(seq 100); do
    answers && break
    sleep 0.05
  done
  [[ -e $dir/seeded ]] || seed
  settings
  ;;
stop)
  is_ours || exit 0
  pid=$(cat "$dir/run/slapd.pid")
  kill -CONT "$pid"
  kill "$pid"
  for _ in $(seq 100); do
    [[ -e /proc/$pid ]] || exit 0
    sleep 0.05
  done
  echo "slapd $pid does not stop" >&2
  exit 1
  ;;
env) settings ;;
*)
  echo "usage: openldap.sh start|stop|env DIR [PORT]" >&2
  exit 2
  ;;
esac
