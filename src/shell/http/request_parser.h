// Beast's HTTP/1.1 parser with our rules on top, writing straight into an HttpRequest: no table of
// header fields in between. Internal to server_beast.cc, the one file that sees Boost.
//
// feed() takes bytes until the message is whole or refused. A refusal found in the head is given before
// the body is waited for.
#pragma once

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "shell/http/head_scan.h"
#include "shell/http/message.h"
#include "shell/http/problem.h"
#include "shell/http/request_target.h"
#include "shell/http/server.h"

namespace sallyport {

struct RequestRefusal {
  int status = 0;  // 0: none
  std::string_view what = {};
};

class RequestParser final : public boost::beast::http::basic_parser<true> {
  using ErrorCode = boost::beast::error_code;
  using StringView = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;
  using Error = boost::beast::http::error;

 public:
  explicit RequestParser(const HttpLimits& limits) : limits_(limits), head_(limits.header_bytes_max) {
    header_limit(limits.header_bytes_max);
    body_limit(limits.body_bytes_max);
    eager(true);
  }

  // How many of the bytes were used; is_done() and refusal() tell the rest. What was not used comes again, with more.
  std::size_t feed(const char* data, std::size_t size) {
    const auto seen = scanned_ - used_;
    if (size > seen) {
      const auto found = head_.feed({data + seen, size - seen});
      scanned_ += size - seen;
      if (found == HeadScan::Found::too_large) refuse(431, "the request's head is too large");
      if (found == HeadScan::Found::malformed) refuse(400, "the request is malformed");
      if (refusal_.status != 0) return 0;
    }
    ErrorCode error;
    const std::size_t used = put(boost::asio::const_buffer(data, size), error);
    if (error && error != Error::need_more && refusal_.status == 0) refusal_ = refusal_of(error);
    used_ += used;
    return used;
  }
  [[nodiscard]] const RequestRefusal& refusal() const { return refusal_; }
  [[nodiscard]] std::string_view target() const { return target_; }
  [[nodiscard]] HttpRequest& request() { return request_; }

 private:
  static RequestRefusal refusal_of(const ErrorCode& error) {
    if (error == Error::header_limit) return {431, "the request's head is too large"};
    if (error == Error::body_limit) return {413, "the request's body is too large"};
    if (error == Error::bad_version) return {505, "only HTTP/1.1 is spoken here"};
    return {400, "the request is malformed"};
  }
  // Only the first counts. The error code makes the parser stop before the body.
  void refuse(int status, std::string_view what) {
    if (refusal_.status == 0) refusal_ = {status, what};
  }

  void on_request_impl(Verb verb, StringView method, StringView target, int version, ErrorCode& error) override {
    using V = Verb;
    const bool known = verb == V::get || verb == V::head || verb == V::post || verb == V::put || verb == V::patch ||
                       verb == V::delete_;
    if (version != 11) refuse(505, "only HTTP/1.1 is spoken here");
    if (!known) refuse(501, "the method is not one of GET, HEAD, POST, PUT, PATCH and DELETE");
    if (target.size() > target_bytes_max) refuse(414, "the request's target is too long");
    if (refusal_.status != 0) {
      error = Error::bad_target;
      return;
    }
    request_.method.assign(method.data(), method.size());
    target_.assign(target.data(), target.size());
  }

  void on_field_impl(Field field, StringView name, StringView value, ErrorCode&) override {
    if (field == Field::host) return once(seen_host_, nullptr, value);
    if (field == Field::authorization) return once(seen_authorization_, &request_.authorization, value);
    if (field == Field::content_type) return once(seen_content_type_, &request_.content_type, value);
    if (field == Field::content_length) {  // a list of equal lengths is one length to some, and none to others
      for (const char c : value)
        if (c < '0' || c > '9') return refuse(400, "the request is malformed");
      return once(seen_content_length_, nullptr, value);
    }
    if (field == Field::transfer_encoding) return refuse(411, "a body must be announced by Content-Length");
    if (field == Field::expect) return refuse(417, "Expect is not supported");
    if (field == Field::unknown && boost::beast::iequals(name, "Idempotency-Key"))
      once(seen_idempotency_key_, &request_.idempotency_key, value);
  }

  void once(bool& seen, std::string* into, StringView value) {
    if (std::exchange(seen, true)) return refuse(400, "a header that may stand once stands twice");
    for (const char c : value)
      if ((c < 0x20 && c != '\t') || c > 0x7E) return refuse(400, "a header has a character outside ASCII");
    if (into != nullptr) into->assign(value.data(), value.size());
  }

  void on_header_impl(ErrorCode& error) override {
    if (!seen_host_) refuse(400, "the Host header is missing");  // RFC 9112 section 3.2
    if (refusal_.status != 0) error = Error::bad_field;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    if (length && *length <= limits_.body_bytes_max) request_.body.reserve(static_cast<std::size_t>(*length));
  }
  std::size_t on_body_impl(StringView part, ErrorCode&) override {
    request_.body.append(part.data(), part.size());
    return part.size();
  }
  // Never reached: Transfer-Encoding is refused, and responses are not parsed.
  void on_response_impl(int, StringView, int, ErrorCode& error) override { error = Error::bad_version; }
  void on_chunk_header_impl(std::uint64_t, StringView, ErrorCode& error) override { error = Error::bad_chunk; }
  std::size_t on_chunk_body_impl(std::uint64_t, StringView, ErrorCode& error) override {
    error = Error::bad_chunk;
    return 0;
  }
  void on_finish_impl(ErrorCode&) override {}

  const HttpLimits& limits_;
  HeadScan head_;
  std::size_t scanned_ = 0;  // bytes of the request that were looked at, and of these
  std::size_t used_ = 0;  // that were used
  HttpRequest request_;
  std::string target_;
  RequestRefusal refusal_;
  bool seen_host_ = false;
  bool seen_authorization_ = false;
  bool seen_content_type_ = false;
  bool seen_content_length_ = false;
  bool seen_idempotency_key_ = false;
};

}  // namespace sallyport
