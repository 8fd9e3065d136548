#include "shell/http/request_target.h"

#include <array>
#include <utility>

#include "base/json.h"

namespace sallyport {
namespace {

// pchar of RFC 3986, and '/'; '?' is added where a query may have it.
constexpr std::array<bool, 256> make_allowed() {
  std::array<bool, 256> allowed{};
  for (unsigned c = '0'; c <= '9'; ++c) allowed[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) allowed[c] = allowed[c - 'a' + 'A'] = true;
  for (const char c : std::string_view("-._~!$&'()*+,;=:@/%")) allowed[static_cast<unsigned char>(c)] = true;
  return allowed;
}
constexpr auto allowed_characters = make_allowed();

std::unexpected<Fault> bad(std::string what) { return fault(FaultKind::invalid, std::move(what)); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view raw, bool in_query) {
  std::string out;
  out.reserve(raw.size());
  bool ascii = true;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const int high = i + 2 < raw.size() ? hex_value(raw[i + 1]) : -1;
      const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
      if (high < 0 || low < 0) return bad("the target has a '%' that two hex digits do not follow");
      c = static_cast<char>(high * 16 + low);
      i += 2;
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || byte == 0x7F) return bad("the target has an encoded control character");
      // Proxies and file systems disagree about these two; nothing of ours is named with them.
      if (!in_query && (c == '/' || c == '\\')) return bad("a path segment has an encoded separator");
      ascii = ascii && byte < 0x80;
    } else if (in_query && c == '+') {
      c = ' ';
    }
    out.push_back(c);
  }
  if (!ascii && !is_valid_utf8(out)) return bad("the target is not UTF-8 once decoded");
  return out;
}

Result<std::vector<std::string>> split_path(std::string_view path) {
  std::vector<std::string> segments;
  if (path == "/") return segments;
  segments.reserve(4);
  std::size_t begin = 1;
  while (true) {
    const std::size_t end = path.find('/', begin);
    const bool last = end == std::string_view::npos;
    const auto raw = path.substr(begin, last ? end : end - begin);
    if (raw.empty() && !last) return bad("the path has an empty segment");
    SP_TRY(auto segment, decode(raw, false));
    if (segment == "." || segment == "..") return bad("the path has a dot segment");
    if (segments.size() == path_segments_max) return bad("the path has too many segments");
    segments.push_back(std::move(segment));
    if (last) return segments;
    begin = end + 1;
  }
}

Result<std::map<std::string, std::string>> split_query(std::string_view query) {
  std::map<std::string, std::string> pairs;
  while (true) {
    const std::size_t end = query.find('&');
    const auto pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    SP_TRY(auto key, decode(pair.substr(0, equals), true));
    if (key.empty()) return bad("the query has an empty key");
    std::string value;
    if (equals != std::string_view::npos) {
      SP_TRY(value, decode(pair.substr(equals + 1), true));
    }
    if (pairs.size() == query_keys_max) return bad("the query has too many keys");
    if (!pairs.try_emplace(std::move(key), std::move(value)).second) return bad("the query has the same key twice");
    if (end == std::string_view::npos) return pairs;
    query.remove_prefix(end + 1);
  }
}

}  // namespace

Result<RequestTarget> parse_request_target(std::string_view target) {
  if (target.size() > target_bytes_max) return bad("the target is too long");
  if (target.empty() || target.front() != '/') return bad("the target does not begin with '/'");
  const std::size_t mark = target.find('?');
  const auto path = target.substr(0, mark);
  const auto query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  for (const char c : path)
    if (!allowed_characters[static_cast<unsigned char>(c)]) return bad("the path has a character that must be encoded");
  for (const char c : query)
    if (c != '?' && !allowed_characters[static_cast<unsigned char>(c)])
      return bad("the query has a character that must be encoded");

  RequestTarget parsed;
  parsed.path = path;
  SP_TRY(parsed.segments, split_path(path));
  if (!query.empty()) {
    SP_TRY(parsed.query, split_query(query));
  }
  return parsed;
}

}  // namespace sallyport
