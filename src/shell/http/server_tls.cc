#include "shell/http/server_tls.h"

#include <openssl/err.h>

#include <string>
#include <string_view>

#include "base/text.h"

namespace sallyport {
namespace {

// What OpenSSL says about a file is about its form, never its content.
std::unexpected<Fault> tls_fault(std::string what, std::string next_step) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  if (reason != nullptr) what += concat(": ", reason);
  return fault(FaultKind::invalid, std::move(what), std::move(next_step));
}

// RFC 7301: a client that offers protocols without ours meant to reach another service (RFC 9325
// section 3.7: cross-protocol attacks), so the handshake ends.
int select_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static constexpr std::string_view ours = "http/1.1";
  unsigned int at = 0;
  while (at < offered_size) {
    const unsigned int size = offered[at];
    if (size > offered_size - at - 1) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), size);
    if (name == ours) {
      *chosen = offered + at + 1;
      *chosen_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + size;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Result<void> prepare_server_tls(SSL_CTX& context, const TlsFiles& files) {
  ERR_clear_error();
  if (SSL_CTX_set_min_proto_version(&context, TLS1_3_VERSION) != 1 || SSL_CTX_set_max_proto_version(&context, 0) != 1)
    return tls_fault("TLS 1.3 is not available", "install OpenSSL 3");
  if (SSL_CTX_use_certificate_chain_file(&context, files.certificate_chain.c_str()) != 1)
    return tls_fault(concat("reading the certificate chain ", files.certificate_chain),
                     "give a PEM file with the server's certificate first, then its issuers");
  if (SSL_CTX_use_PrivateKey_file(&context, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
    return tls_fault(concat("reading the private key ", files.private_key),
                     "give the PEM file of the certificate's key, without a passphrase");
  if (SSL_CTX_check_private_key(&context) != 1)
    return tls_fault("the private key is not the certificate's", "give the key that the certificate was made for");

  // Tickets are sealed under a key that lives as long as this process, so nothing is kept per session.
  // TLS 1.3 resumes with a fresh key exchange; early data, which could be replayed, stays off.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(&context, 2);
  SSL_CTX_set_max_early_data(&context, 0);
  static constexpr std::string_view session_context = "sallyport";
  SSL_CTX_set_session_id_context(&context, reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned int>(session_context.size()));
  SSL_CTX_set_alpn_select_cb(&context, select_protocol, nullptr);
  return {};
}

}  // namespace sallyport
