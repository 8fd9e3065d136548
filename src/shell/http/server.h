// The HTTP/1.1 server (RFC 9110, RFC 9112) over TLS 1.3 or, on a loopback address only, plain TCP.
// Knows nothing of cases: every request goes to one handler.
//
// The handler
//   - runs on one of the server's few threads, which each carry many connections: it must not block.
//     Work that takes long (a directory, Argon2, a long poll) moves the reply elsewhere and returns.
//   - may call the reply from any thread, at any later time, exactly once. A reply that is destroyed
//     uncalled answers 500; a handler that throws answers 500 without saying why; no reply within
//     `reply_timeout` answers 504, which tells the client that the outcome is not known.
//   - may outlive its client: the reply to a connection that is gone is dropped. A reply may also be
//     called, and destroyed, after the server is.
//
// Refused before the handler, as problem+json (RFC 9457): anything malformed (400), with what RFC 9112 would let pass
// and another server could read otherwise (head_scan.h, a length twice), body too large
// (413), target too long (414), headers too large (431), no answer for Expect (417), a body without
// Content-Length (411: chunked requests are where smuggling lives, and our clients know their
// lengths), a method outside the six (501), any version but 1.1 (505), too many handlers at work (503).
// Each but the last closes the connection. Pipelined requests are answered one after the other.
//
// Every response carries Date, Content-Length, X-Content-Type-Options: nosniff and, unless the
// handler sets another, Cache-Control: no-store. None names the server.
//
// start() faults are `invalid` (configuration, certificate) and `unavailable` (address in use).
// HttpServer itself is used from one thread. stop() ends accepting, closes idle connections, gives
// requests at work `drain_timeout`, and returns with every thread joined; so does destruction.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "shell/http/message.h"

namespace sallyport {

using HttpReply = std::move_only_function<void(HttpResponse)>;
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;

struct TlsFiles {
  std::string certificate_chain;  // PEM, leaf first
  std::string private_key;        // PEM, no passphrase
};

struct HttpLimits {
  std::size_t body_bytes_max = 64 * 1024;    // the largest request is a sealed secret with its evidence: a few KiB
  std::uint32_t header_bytes_max = 16 * 1024;  // room for a signed token; a browser sends about 1 KiB
  std::size_t connections_max = 1024;        // with TLS about 50 KiB each
  std::size_t in_flight_max = 512;           // handlers that have not replied; long polls are most of them
  // Checked four times a second, so each may take up to 250 ms longer.
  std::chrono::milliseconds handshake_timeout{5'000};
  std::chrono::milliseconds read_timeout{10'000};   // first to last byte of one request
  std::chrono::milliseconds idle_timeout{60'000};   // between requests
  std::chrono::milliseconds reply_timeout{45'000};  // above the longest long poll (30 s)
  std::chrono::milliseconds write_timeout{20'000};
  std::chrono::milliseconds drain_timeout{5'000};
};

struct HttpServerConfig {
  std::string address = "127.0.0.1";  // an IP address, not a name
  std::uint16_t port = 0;             // 0: any free one
  std::optional<TlsFiles> tls = {};
  int threads = 2;  // 1 to 64
  HttpLimits limits = {};
};

class HttpServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(HttpServerConfig config, HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  void stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
