// The server's TLS settings, for OpenSSL's own context type. Internal to server_beast.cc.
#pragma once

#include <openssl/ssl.h>

#include "base/result.h"
#include "shell/http/server.h"

namespace sallyport {

// TLS 1.3 only, certificate and key from files, session tickets, "http/1.1" by ALPN.
[[nodiscard]] Result<void> prepare_server_tls(SSL_CTX& context, const TlsFiles& files);

}  // namespace sallyport
