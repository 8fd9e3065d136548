#include "crypto/client_data.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::string_view utf8_byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t quoted_length_max = 100;  // an origin is somebody else's text, and this one goes into a log line

// "UTF-8 decode" in section 7.2 step 8 strips one byte order mark.
std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(utf8_byte_order_mark)) text.remove_prefix(utf8_byte_order_mark.size());
  return text;
}

std::string quoted(std::string_view text) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '"'; });
  if (!printable || text.size() > quoted_length_max) return "a text that is not printed here";
  return concat('"', text, '"');
}

Result<void> check_challenge(const Json& data, ByteView challenge) {
  if (challenge.size() < challenge_length_min)
    return fault(FaultKind::invalid, concat("a challenge of ", challenge.size(), " bytes is too short to be unique"),
                 "give the challenge that was issued");
  SP_TRY(const auto found, data.string_at("challenge"));
  if (found == to_base64url(challenge)) return {};
  return fault(FaultKind::invalid, "the challenge is not the one that was issued", "start the ceremony again");
}

Result<void> check_origin(const Json& data, const std::vector<std::string>& origins) {
  SP_TRY(const auto found, data.string_at("origin"));
  if (std::ranges::find(origins, found) != origins.end()) return {};
  return fault(FaultKind::invalid, concat("the origin ", quoted(found), " is not one of ours"),
               "open the page at its configured address, or add the origin to the configuration");
}

// Our pages are never framed, so a ceremony inside another site's page is somebody else's page.
Result<void> check_framing(const Json& data) {
  if (data.find("crossOrigin") != nullptr) {
    SP_TRY(const auto cross_origin, data.bool_at("crossOrigin"));
    if (cross_origin)
      return fault(FaultKind::invalid, "the ceremony ran inside a page of another origin (crossOrigin)",
                   "open the page by itself");
  }
  if (data.find("topOrigin") != nullptr)
    return fault(FaultKind::invalid, "the ceremony ran under a page of another origin (topOrigin)",
                 "open the page by itself");
  return {};
}

}  // namespace

// Members we do not know are allowed here, and only here: section 5.8.1 reserves the right to add
// some, and browsers add one at random to keep relying parties honest about it.
Result<void> check_client_data(ByteView client_data_json, const ClientDataExpectation& expected) {
  if (client_data_json.size() > client_data_length_max)
    return fault(FaultKind::invalid, concat("client data of ", client_data_json.size(), " bytes, at most ",
                                            client_data_length_max, " are read"));
  auto parsed = parse_json(without_byte_order_mark(text_of(client_data_json)));
  if (!parsed) return with_context("client data", std::move(parsed).error());
  if (!parsed->is_object()) return fault(FaultKind::invalid, "the client data is not a JSON object");
  SP_TRY(const auto type, parsed->string_at("type"));
  if (type != expected.type)
    return fault(FaultKind::invalid, concat("the client data has type ", quoted(type), ", expected ", expected.type));
  SP_CHECK(check_challenge(*parsed, expected.challenge));
  SP_CHECK(check_origin(*parsed, expected.origins));
  return check_framing(*parsed);
}

}  // namespace sallyport
