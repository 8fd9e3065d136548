// One HTTP request and one response, as handlers see them: values, without a connection behind them.
// The server has already refused what is malformed (request_target.h says what that is), so every
// string here is well-formed; whether it makes sense is the handler's to say.
//
// `authorization`, `body` and `query` may hold secrets: do not log a request.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

struct HttpRequest {
  std::string method;                        // GET, HEAD, POST, PUT, PATCH or DELETE
  std::string path;                          // as sent, without the query: "/api/cases/case%201"
  std::vector<std::string> segments;         // decoded: {"api", "cases", "case 1"}; "/" has none
  std::map<std::string, std::string> query;  // decoded; '+' is a space, as HTML forms write it
  std::string authorization;                 // the header's value, empty if absent
  std::string idempotency_key;
  std::string content_type;
  std::string body;
  std::string peer;  // the other end's IP address, without port
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;  // further ones. The server adds its own: see server.h
};

}  // namespace sallyport
