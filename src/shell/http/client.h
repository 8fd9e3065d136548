// A blocking HTTP client for the command line and for tests, over libcurl.
//
// TLS is verified, always, and is 1.3 at least; plain HTTP goes to a loopback address only. Proxies named
// in the environment are ignored, redirects are answers and not followed, and the answer is bounded.
// Connections are kept for the next request. One object per thread: not thread-safe, movable.
//
// Faults: `invalid` (a URL, header or file that cannot be used, or an answer above
// `http_answer_bytes_max`), `unavailable` (certainly not delivered: no connection, or a certificate
// that does not verify), `unknown` (sent, and no whole answer came: it may have happened). Any status
// the server gives is a value, 500 as well.
//
// libcurl sends a request again when a kept connection turns out closed before any byte of an answer.
// Requests that must not happen twice therefore carry an Idempotency-Key.
//
//   SP_TRY(auto client, HttpClient::create({.base_url = "https://127.0.0.1:8443", .ca_file = "ca.pem"}));
//   SP_TRY(auto answer, client.request("GET", "/api/cases", {}, token));
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "shell/http/message.h"

namespace sallyport {

inline constexpr std::size_t http_answer_bytes_max = 16 * 1024 * 1024;  // a page of ledger entries is some 64 KiB each

struct HttpClientConfig {
  std::string base_url;  // scheme, host and port; no path: "https://recovery.example.org"
  std::string ca_file = {};  // PEM; empty: the system's authorities
  std::chrono::milliseconds timeout{35'000};  // for all of one request; above the longest long poll (30 s)
};

class HttpClient {
 public:
  [[nodiscard]] static Result<HttpClient> create(HttpClientConfig config);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // `path` begins with '/', already percent-encoded, with its query. A body is sent as
  // application/json unless `headers` says otherwise. Names of answered headers are in lower case.
  [[nodiscard]] Result<HttpResponse> request(std::string_view method, std::string_view path, std::string_view body = {},
                                             std::string_view bearer_token = {}, const HttpHeaders& headers = {});

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sallyport
