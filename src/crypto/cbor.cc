#include "crypto/cbor.h"

#include <limits>

#include "base/text.h"

namespace sallyport {
namespace {

enum Major : int { unsigned_number = 0, negative_number = 1, bytes = 2, text = 3, array = 4, map = 5, simple = 7 };

constexpr std::uint64_t simple_false = 20;
constexpr std::uint64_t simple_null = 22;

}  // namespace

Result<CborReader::Head> CborReader::head() {
  if (at_end()) return wrong("the CBOR ends too early");
  const auto first = bytes_[at_];
  Head head{first >> 5, static_cast<std::uint64_t>(first & 31)};
  if (head.argument < 24) {
    ++at_;
    return head;
  }
  if (head.argument > 27) return wrong("the CBOR has an indefinite or reserved length");
  if (head.major == Major::simple) return wrong("the CBOR has a float or an unknown simple value");
  const auto width = std::size_t{1} << (head.argument - 24);
  if (bytes_.size() - at_ <= width) return wrong("the CBOR ends too early");
  head.argument = 0;
  for (const auto byte : bytes_.subspan(at_ + 1, width)) head.argument = (head.argument << 8) | byte;
  const auto smallest = width == 1 ? std::uint64_t{24} : std::uint64_t{1} << (width * 4);
  if (head.argument < smallest) return wrong("the CBOR writes a number longer than it needs");
  at_ += 1 + width;
  return head;
}

Result<std::uint64_t> CborReader::head_of(int major, std::string_view name) {
  const auto before = at_;
  SP_TRY(const auto found, head());
  if (found.major == major) return found.argument;
  at_ = before;
  return wrong(concat("the CBOR does not hold ", name));
}

Result<ByteView> CborReader::take(std::uint64_t count) {
  if (count > bytes_.size() - at_) return wrong("the CBOR ends too early");
  const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
  at_ += taken.size();
  return taken;
}

Result<std::int64_t> CborReader::integer() {
  const auto before = at_;
  SP_TRY(const auto found, head());
  const bool known = found.major == Major::unsigned_number || found.major == Major::negative_number;
  if (!known || found.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    at_ = before;
    return wrong("the CBOR does not hold a 64-bit integer");
  }
  const auto value = static_cast<std::int64_t>(found.argument);
  return found.major == Major::unsigned_number ? value : -1 - value;
}

Result<ByteView> CborReader::byte_string() {
  SP_TRY(const auto length, head_of(Major::bytes, "a byte string"));
  return take(length);
}

Result<std::string_view> CborReader::text_string() {
  SP_TRY(const auto length, head_of(Major::text, "a text string"));
  SP_TRY(const auto content, take(length));
  return text_of(content);
}

Result<std::size_t> CborReader::array_header() {
  SP_TRY(const auto count, head_of(Major::array, "an array"));
  if (count > bytes_.size() - at_) return wrong("the CBOR ends too early");  // an item takes at least a byte
  return static_cast<std::size_t>(count);
}

Result<std::size_t> CborReader::map_header() {
  SP_TRY(const auto count, head_of(Major::map, "a map"));
  if (count > (bytes_.size() - at_) / 2) return wrong("the CBOR ends too early");
  return static_cast<std::size_t>(count);
}

Result<ByteView> CborReader::item() {
  const auto before = at_;
  SP_CHECK(skip(0));
  return bytes_.subspan(before, at_ - before);
}

Result<void> CborReader::skip(int depth) {
  const auto before = at_;
  SP_TRY(const auto found, head());
  switch (found.major) {
    case Major::unsigned_number:
    case Major::negative_number: return {};
    case Major::bytes:
    case Major::text: {
      SP_CHECK(take(found.argument));
      return {};
    }
    case Major::array:
    case Major::map: {
      if (depth == cbor_depth_max) return wrong("the CBOR is nested too deep");
      const auto items = bytes_.size() - at_;
      if (found.argument > items) return wrong("the CBOR ends too early");
      const auto count = found.major == Major::map ? found.argument * 2 : found.argument;
      for (std::uint64_t i = 0; i < count; ++i) SP_CHECK(skip(depth + 1));
      return {};
    }
    case Major::simple:
      if (found.argument >= simple_false && found.argument <= simple_null) return {};
      break;
    default: break;
  }
  at_ = before;
  return wrong("the CBOR has a tag or an unknown simple value");
}

std::unexpected<Fault> CborReader::wrong(std::string_view what) const {
  return fault(FaultKind::invalid, concat(what, " at byte ", at_));
}

}  // namespace sallyport
