#include "core/ledger/bundle.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "core/ledger/bundle_cover.h"
#include "core/ledger/entry.h"
#include "core/ledger/ledger_file.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

// Reads from the front; the first thing that is not as it must be ends the reading.
class BundleParser {
 public:
  explicit BundleParser(std::string_view text) : rest_(text), size_(text.size()) {}

  std::expected<Bundle, BundleDamage> run() {
    if (size_ > bundle_bytes_max) return damage("it is larger than any bundle");
    if (!take(bundle_first_line)) return damage("the first line is not \"sallyport-bundle/1\"");
    if (!case_line()) return damage("the line that names the case is not \"case\" and a case id");
    if (!section("cover", bundle_cover_bytes_max, bundle_.cover))
      return damage("the cover page, its length or its SHA-256 was changed");
    if (!section("checkpoint", note_bytes_max, bundle_.checkpoint))
      return damage("the checkpoint, its length or its SHA-256 was changed");
    std::vector<std::uint64_t> count;
    if (!numbers("entries", 1, count) || count[0] > bundle_entries_max)
      return damage("the line that counts the entries is not \"entries\" and a number");
    for (std::uint64_t i = 0; i < count[0]; ++i)
      if (!entry()) return damage(concat("entry ", i + 1, " of ", count[0], " cannot be read"));
    if (!take("end\n")) return damage("the line \"end\" does not follow the last entry");
    if (!rest_.empty()) return damage("something follows the end");
    return std::move(bundle_);
  }

 private:
  std::unexpected<BundleDamage> damage(std::string_view what) const {
    const auto last = bundle_.entries.empty() ? 0 : bundle_.entries.back().index;
    return std::unexpected(BundleDamage{
        last, concat("at byte ", size_ - rest_.size(),
                     bundle_.entries.empty() ? std::string() : concat(", after entry ", last), ": ", what)});
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // Without its newline. Nothing is taken when there is none within reach.
  std::optional<std::string_view> line() {
    constexpr std::size_t line_bytes_max = 256;  // "entry" and three numbers, or a word, a number and a digest
    const auto end = rest_.substr(0, line_bytes_max).find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return out;
  }

  static std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || (text.size() > 1 && text.front() == '0'))
      return std::nullopt;
    return value;
  }

  // "word 1 2 3": exactly so many numbers, one space before each.
  bool numbers(std::string_view word, std::size_t count, std::vector<std::uint64_t>& out) {
    const auto before = rest_;
    auto text = line();
    if (!text || !text->starts_with(word)) return back_to(before);
    text->remove_prefix(word.size());
    while (text->starts_with(' ')) {
      text->remove_prefix(1);
      const auto piece = text->substr(0, text->find(' '));
      const auto value = number(piece);
      if (!value) return back_to(before);
      out.push_back(*value);
      text->remove_prefix(piece.size());
    }
    return text->empty() && out.size() == count ? true : back_to(before);
  }
  bool back_to(std::string_view before) {  // so that the damage is told where the line begins
    rest_ = before;
    return false;
  }

  bool case_line() {
    const auto before = rest_;
    const auto text = line();
    const auto id = text && text->starts_with("case ") ? CaseId::parse(text->substr(5)) : std::nullopt;
    if (!id) return back_to(before);
    bundle_.id = *id;
    return true;
  }

  // "word LENGTH SHA-256", so many bytes, and a newline.
  bool section(std::string_view word, std::size_t bytes_max, std::string& out) {
    const auto before = rest_;
    auto text = line();
    if (!text || !text->starts_with(word) || !text->substr(word.size()).starts_with(' ')) return back_to(before);
    text->remove_prefix(word.size() + 1);
    const auto space = text->find(' ');
    if (space == std::string_view::npos) return back_to(before);
    const auto length = number(text->substr(0, space));
    const auto digest = digest_from_hex(text->substr(space + 1));
    if (!length || !digest || *length > bytes_max || *length >= rest_.size()) return back_to(before);
    out = rest_.substr(0, *length);
    if (sha256(view_of(out)) != *digest || rest_[*length] != '\n') return back_to(before);
    rest_.remove_prefix(*length + 1);
    return true;
  }

  bool entry() {
    const auto before = rest_;
    std::vector<std::uint64_t> head;
    if (!numbers("entry", 3, head)) return false;
    BundleEntry out{head[0], {}, {}};
    const auto length = head[1];
    if (length > ledger_entry_bytes_max || head[2] > bundle_proof_hashes_max || length >= rest_.size() ||
        rest_[length] != '\n')
      return back_to(before);
    out.bytes = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    for (std::uint64_t i = 0; i < head[2]; ++i) {
      const auto text = line();
      const auto bytes = text ? from_base64(*text) : std::nullopt;
      if (!bytes || bytes->size() != 32) return back_to(before);
      std::ranges::copy(*bytes, out.proof.emplace_back().bytes.begin());
    }
    bundle_.entries.push_back(std::move(out));
    return true;
  }

  std::string_view rest_;
  std::size_t size_;
  Bundle bundle_;
};

std::string section(std::string_view word, std::string_view text) {
  return concat(word, " ", text.size(), " ", to_hex(sha256(view_of(text))), "\n", text, "\n");
}

}  // namespace

std::string encode_bundle(const Bundle& bundle) {
  auto out = concat(bundle_first_line, "case ", bundle.id.text(), "\n", section("cover", bundle.cover),
                    section("checkpoint", bundle.checkpoint), "entries ", bundle.entries.size(), "\n");
  for (const auto& entry : bundle.entries) {
    out += concat("entry ", entry.index, " ", entry.bytes.size(), " ", entry.proof.size(), "\n", entry.bytes, "\n");
    for (const auto& hash : entry.proof) out += concat(to_base64(view_of(hash)), "\n");
  }
  return out + "end\n";
}

std::expected<Bundle, BundleDamage> parse_bundle(std::string_view text) { return BundleParser(text).run(); }

BundleMaker::BundleMaker(CaseId id)
    : id_(std::move(id)), in_bytes_(concat(R"("stream":")", case_stream(id_), R"(")")), nodes_(1) {}

void BundleMaker::feed(std::string_view bytes) {
  // Canonical JSON has one spelling of the stream; and what is no event of one of the two is left to verify to name.
  const bool of_case = bytes.contains(in_bytes_);
  const bool of_organization = bytes.contains(R"("stream":"organization")");
  if (of_case || of_organization) {
    const auto entry = decode_entry(bytes);
    if (entry && (entry->stream == organization_stream || entry->stream == case_stream(id_)))
      kept_.push_back({tree_.size(), std::string(bytes), entry->stream != organization_stream});
  }
  const auto leaf = hash_leaf(view_of(bytes));
  nodes_[0].push_back(leaf);
  tree_.append(leaf, [&](unsigned height, std::uint64_t, const Digest& hash) {
    if (nodes_.size() <= height) nodes_.resize(height + 1);
    nodes_[height].push_back(hash);  // they fill in order
  });
}

Result<Digest> BundleMaker::node(unsigned height, std::uint64_t number) const {
  if (height >= nodes_.size() || number >= nodes_[height].size())
    return fault(FaultKind::corrupt, concat("the tree has no node ", number, " of height ", height));
  return nodes_[height][number];
}

Result<Bundle> BundleMaker::finish(std::string note, const VerifierKey& trusted) {
  SP_TRY(const auto checkpoint, open_checkpoint(note, trusted));
  if (checkpoint.size != tree_.size() || checkpoint.root != tree_.root())
    return fault(FaultKind::corrupt, "the entries are not those that the checkpoint signs",
                 "keep what you have, and call the auditors");
  const auto last = std::find_if(kept_.rbegin(), kept_.rend(), [](const Kept& k) { return k.of_case; });
  if (last == kept_.rend())
    return fault(FaultKind::not_found, concat("the ledger has no case `", id_.text(), "`"), "check the case id");
  // The organization's entries as far as the case goes, and the one after: it shows that none was left out before it.
  const auto after = last.base();
  kept_.erase(after == kept_.end() ? after : after + 1, kept_.end());
  Bundle out{id_, {}, std::move(note), {}};
  for (auto& kept : kept_) {
    SP_TRY(auto proof, inclusion_proof(kept.index, checkpoint.size,
                                       [&](unsigned height, std::uint64_t number) { return node(height, number); }));
    out.entries.push_back({kept.index, std::move(kept.bytes), std::move(proof)});
  }
  out.cover = cover_of(out.id, checkpoint, out.entries);
  return out;
}

}  // namespace sallyport
