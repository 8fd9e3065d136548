#include "shell/http/response_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sallyport {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";  // RFC 9112 section 4: the phrase may be empty
  }
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; });
}

// Ours to write, because framing and connection are the server's.
constexpr std::array<std::string_view, 9> reserved_names{
    "connection",        "content-length", "content-type",          "date", "keep-alive", "server",
    "transfer-encoding", "upgrade",        "x-content-type-options"};

}  // namespace

std::string_view HttpDate::at(std::time_t now) {
  if (now == second_) return text_;
  // strftime would follow the process's locale; the names are fixed by the RFC.
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&now, &utc);
  const auto two = [](int n) { return concat(n < 10 ? "0" : "", n); };
  text_ = concat(days[static_cast<std::size_t>(utc.tm_wday)], ", ", two(utc.tm_mday), " ",
                 months[static_cast<std::size_t>(utc.tm_mon)], " ", utc.tm_year + 1900, " ", two(utc.tm_hour), ":",
                 two(utc.tm_min), ":", two(utc.tm_sec), " GMT");
  second_ = now;
  return text_;
}

bool is_sendable(const HttpResponse& response) {
  if (response.status < 200 || response.status > 599) return false;
  if (!is_field_value(response.content_type)) return false;
  return std::ranges::all_of(response.headers, [](const auto& header) {
    if (!is_token(header.first) || !is_field_value(header.second)) return false;
    return std::ranges::none_of(reserved_names, [&](auto name) { return equals_ignoring_case(header.first, name); });
  });
}

bool has_no_body(int status, bool head_only) noexcept { return head_only || status == 204 || status == 304; }

void append_response_head(std::string& out, const HttpResponse& response, const ResponseFrame& frame) {
  out.reserve(out.size() + 512);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_of(response.status);
  out += "\r\nDate: ";
  out += frame.date;
  if (response.status != 204 && response.status != 304) {
    out += "\r\nContent-Length: ";
    out += std::to_string(response.body.size());
    if (!response.body.empty() && !response.content_type.empty()) {
      out += "\r\nContent-Type: ";
      out += response.content_type;
    }
  }
  out += "\r\nX-Content-Type-Options: nosniff";
  bool caching_said = false;
  for (const auto& [name, value] : response.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
    caching_said = caching_said || equals_ignoring_case(name, "cache-control");
  }
  if (!caching_said) out += "\r\nCache-Control: no-store";
  if (!frame.keep_alive) out += "\r\nConnection: close";
  out += "\r\n\r\n";
}

}  // namespace sallyport
