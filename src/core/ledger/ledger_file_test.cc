#include "core/ledger/ledger_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::string_view origin = "sallyport.example.com/ledger";

Ed25519SigningKey signing_key(std::uint8_t fill = 7) {
  return Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, fill))).value();
}
VerifierKey trusted() { return verifier_key_of(origin, signing_key()).value(); }

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

std::string entry_text(std::uint64_t index) { return concat("{\"entry\":", index, "}", std::string(index % 7, '.')); }

std::vector<std::string> entry_texts(std::uint64_t count) {
  std::vector<std::string> entries;
  for (std::uint64_t i = 0; i < count; ++i) entries.push_back(entry_text(i));
  return entries;
}

// A ledger file, and where each of its bytes belongs: "entry 17", "header 256", "checkpoint 300"...
struct File {
  Bytes bytes;
  std::vector<std::pair<FindingKind, std::uint64_t>> owner;

  void add(const Bytes& more, FindingKind kind, std::uint64_t index) {
    append(bytes, more);
    owner.resize(bytes.size(), {kind, index});
  }
};

void add_checkpoint(File& file, std::uint64_t size, const Digest& root, const Ed25519SigningKey& key) {
  const auto begin = file.bytes.size();
  file.add(encode_ledger_checkpoint(size, sign_checkpoint(origin, size, root, key)), FindingKind::checkpoint, size);
  std::fill_n(file.owner.begin() + static_cast<std::ptrdiff_t>(begin), 19, std::pair{FindingKind::header, size});
}

void add_block(File& file, std::uint64_t first, std::span<const std::string> entries) {
  LedgerBlockWriter writer(first);
  for (const auto& entry : entries) writer.add(entry, hash_leaf(view_of(entry)));
  const auto begin = file.bytes.size();
  file.add(writer.finish(), FindingKind::header, first);
  auto at = begin + 19;
  const auto mark = [&](std::size_t length, std::uint64_t index) {
    for (; length > 0; --length) file.owner[at++] = {FindingKind::entry, index};
  };
  for (std::size_t i = 0; i < entries.size(); ++i) mark(32, first + i);
  for (std::size_t i = 0; i < entries.size(); ++i) mark(2 + entries[i].size(), first + i);
}

File file_of(const std::vector<std::string>& entries, const std::vector<std::uint64_t>& checkpoints,
             const Ed25519SigningKey& key = signing_key()) {
  File file;
  file.add(bytes_of(ledger_file_first_line), FindingKind::first_line, 0);
  Frontier frontier;
  for (std::size_t first = 0; first < entries.size(); first += ledger_block_entries) {
    const auto count = std::min(ledger_block_entries, entries.size() - first);
    const auto block = std::span(entries).subspan(first, count);
    add_block(file, first, block);
    for (const auto& entry : block) {
      frontier.append(hash_leaf(view_of(entry)));
      if (std::ranges::count(checkpoints, frontier.size()) > 0)
        add_checkpoint(file, frontier.size(), frontier.root(), key);
    }
  }
  file.add(encode_ledger_end(entries.size()), FindingKind::header, entries.size());
  return file;
}

ByteSource source_of(const Bytes& bytes, std::size_t chunk = 1 << 20) {
  return [&bytes, chunk, at = std::size_t{0}](std::span<std::uint8_t> target) mutable -> Result<std::size_t> {
    const auto count = std::min({target.size(), chunk, bytes.size() - at});
    if (count > 0) std::memcpy(target.data(), bytes.data() + at, count);
    at += count;
    return count;
  };
}

LedgerReport verify(const Bytes& bytes, std::size_t chunk = 1 << 20, const OnEntry& on_entry = nullptr) {
  LedgerFileReader reader(source_of(bytes, chunk));
  return verify_ledger_file(reader, trusted(), on_entry).value();
}

std::string texts_of(const LedgerReport& report) {
  std::string all;
  for (const auto& finding : report.findings) all += concat(to_string(finding.kind), ": ", finding.text, "\n");
  return all;
}

TEST(LedgerFile, a_sound_ledger_of_any_size_is_found_sound_and_gives_its_entries_back) {
  for (const std::uint64_t size : {1u, 2u, 255u, 256u, 257u, 511u, 512u, 513u, 700u}) {
    const auto entries = entry_texts(size);
    const auto file = file_of(entries, {1, 100, 256, 300, size});
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
      std::vector<std::string> read;
      const auto report = verify(file.bytes, chunk, [&](std::uint64_t index, std::string_view bytes) {
        EXPECT_EQ(index, read.size());
        read.emplace_back(bytes);
      });
      EXPECT_TRUE(report.sound()) << texts_of(report);
      EXPECT_EQ(read, entries);
      EXPECT_EQ(report.size, size);
      EXPECT_EQ(report.origin, origin);
      std::vector<Digest> leaves;
      for (const auto& entry : entries) leaves.push_back(hash_leaf(view_of(entry)));
      EXPECT_EQ(report.root, root_of(leaves));
    }
  }
}

TEST(LedgerFile, entries_may_be_empty_and_as_long_as_a_length_can_say) {
  const std::vector<std::string> entries{"", std::string(65'535, 'x'), "", "\n", std::string(256, '\0')};
  EXPECT_TRUE(verify(file_of(entries, {5}).bytes).sound());
}

TEST(LedgerFile, the_worked_example_of_the_format_page_is_written_byte_for_byte) {
  Bytes seed_bytes;
  for (std::uint8_t i = 0; i < 32; ++i) seed_bytes.push_back(i);
  const auto key = Ed25519SigningKey::from_seed(SecretBytes::copy_of(seed_bytes)).value();
  const auto file = file_of({"{\"n\":0}", "{\"n\":1}", "{\"n\":2}"}, {1, 3}, key).bytes;
  EXPECT_EQ(file.size(), 632u);
  EXPECT_EQ(to_hex(sha256(file)), "9777f08a4a03623ad6e9e0f7b51b43b9807fefd6c52ff01ad656ebd118d7159f");
  EXPECT_EQ(to_string(verifier_key_of(origin, key).value()),
            "sallyport.example.com/ledger+ee59e542+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
}

// The first finding names the flipped byte's place; entries named besides are none.
void expect_located(const File& file, std::size_t at, std::uint8_t mask) {
  auto bent = file.bytes;
  bent[at] = static_cast<std::uint8_t>(bent[at] ^ mask);
  const auto report = verify(bent);
  const auto [kind, index] = file.owner[at];
  ASSERT_FALSE(report.sound()) << "byte " << at;
  ASSERT_EQ(report.findings[0].kind, kind) << "byte " << at << "\n" << texts_of(report);
  if (kind == FindingKind::entry || kind == FindingKind::checkpoint) {
    ASSERT_EQ(report.findings[0].index, index) << "byte " << at << "\n" << texts_of(report);
    ASSERT_EQ(report.findings.size(), 1u) << "byte " << at << "\n" << texts_of(report);
  }
}

TEST(LedgerFile, every_flipped_bit_of_a_small_ledger_is_found_and_located) {
  const auto file = file_of(entry_texts(5), {3, 5});
  for (std::size_t at = 0; at < file.bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) expect_located(file, at, static_cast<std::uint8_t>(1 << bit));
  }
}

TEST(LedgerFile, a_flip_of_every_byte_of_a_ledger_of_two_blocks_is_found_and_located) {
  const auto file = file_of(entry_texts(300), {300});
  for (std::size_t at = 0; at < file.bytes.size(); ++at)
    expect_located(file, at, static_cast<std::uint8_t>(at % 255 + 1));
}

TEST(LedgerFile, a_file_cut_at_any_byte_is_found_cut) {
  const auto file = file_of(entry_texts(5), {3, 5});
  for (std::size_t size = 0; size < file.bytes.size(); ++size) {
    const auto report = verify(Bytes(file.bytes.begin(), file.bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_FALSE(report.sound()) << size;
    ASSERT_EQ(report.findings[0].kind,
              size < ledger_file_first_line.size() ? FindingKind::first_line : FindingKind::truncated);
  }
}

TEST(LedgerFile, bytes_after_the_end_are_found) {
  auto file = file_of(entry_texts(5), {5});
  file.bytes.push_back('\n');
  const auto report = verify(file.bytes);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::trailing_bytes);
}

TEST(LedgerFile, several_damaged_entries_are_all_named_and_the_others_still_read) {
  auto file = file_of(entry_texts(600), {600});
  for (const std::uint64_t index : {3u, 4u, 255u, 599u}) {
    const auto last = std::find(file.owner.rbegin(), file.owner.rend(), std::pair{FindingKind::entry, index});
    file.bytes[static_cast<std::size_t>(file.owner.rend() - last) - 1] ^= 1;
  }
  std::size_t read = 0;
  const auto report = verify(file.bytes, 1 << 20, [&](std::uint64_t, std::string_view) { ++read; });
  std::vector<std::uint64_t> named;
  for (const auto& finding : report.findings) named.push_back(finding.index);
  EXPECT_EQ(named, (std::vector<std::uint64_t>{3, 4, 255, 599})) << texts_of(report);
  EXPECT_EQ(read, 596u);
}

TEST(LedgerFile, a_lost_framing_is_said_and_the_next_block_is_read) {
  auto file = file_of(entry_texts(300), {300});
  const auto length_at = ledger_file_first_line.size() + 19 + 256 * 32;
  file.bytes[length_at] = 0xff;  // both bytes of the length of entry 0
  file.bytes[length_at + 1] = 0xfe;
  const auto report = verify(file.bytes);
  ASSERT_EQ(report.findings.size(), 2u) << texts_of(report);
  EXPECT_EQ(report.findings[0].text, "entry 0 is damaged: its bytes, its length or its leaf hash were changed");
  EXPECT_EQ(report.findings[1].text, "entries 1 to 255 were not read: where they begin is lost");
}

TEST(LedgerFile, the_list_of_findings_ends_at_its_limit) {
  auto file = file_of(entry_texts(300), {300});
  for (std::size_t i = 0; i < 150; ++i) file.bytes[ledger_file_first_line.size() + 19 + i * 32] ^= 1;
  const auto report = verify(file.bytes);
  EXPECT_EQ(report.findings.size(), ledger_findings_max);
  EXPECT_TRUE(report.more_findings);
}

// What a person with the file, but not the key, could try.
TEST(LedgerFile, an_entry_rewritten_together_with_its_leaf_hash_is_found_between_two_checkpoints) {
  auto honest = entry_texts(600);
  const auto file = file_of(honest, {200, 400, 600});
  auto rewritten = honest;
  rewritten[250] = "{\"entry\":\"forged\"}";
  File forged;
  forged.add(bytes_of(ledger_file_first_line), FindingKind::first_line, 0);
  Frontier frontier;
  for (std::size_t first = 0; first < 600; first += 256) {
    const auto count = std::min<std::size_t>(256, 600 - first);
    add_block(forged, first, std::span(rewritten).subspan(first, count));
    for (auto i = first; i < first + count; ++i) {
      frontier.append(hash_leaf(view_of(honest[i])));
      if (frontier.size() % 200 == 0) add_checkpoint(forged, frontier.size(), frontier.root(), signing_key());
    }
  }
  append(forged.bytes, encode_ledger_end(600));
  const auto report = verify(forged.bytes);
  ASSERT_EQ(report.findings.size(), 2u) << texts_of(report);
  EXPECT_EQ(report.findings[0].kind, FindingKind::root);
  EXPECT_EQ(report.findings[0].text,
            "the first 400 entries are not those that were signed: something from entry 200 to entry 399 was "
            "rewritten, added or removed");
  EXPECT_EQ(report.checkpoints, 1u);
}

TEST(LedgerFile, an_entry_left_out_is_found) {
  const auto honest = entry_texts(20);
  auto shorter = honest;
  shorter.erase(shorter.begin() + 7);
  std::vector<Digest> leaves;
  for (const auto& entry : honest) leaves.push_back(hash_leaf(view_of(entry)));
  File forged;
  forged.add(bytes_of(ledger_file_first_line), FindingKind::first_line, 0);
  add_block(forged, 0, shorter);
  append(forged.bytes, encode_ledger_checkpoint(19, sign_checkpoint(origin, 20, root_of(leaves), signing_key())));
  append(forged.bytes, encode_ledger_end(19));
  const auto report = verify(forged.bytes);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].text, "the checkpoint for 19 entries signs 20 entries");
}

TEST(LedgerFile, a_ledger_signed_by_another_key_is_refused) {
  const auto report = verify(file_of(entry_texts(5), {5}, signing_key(8)).bytes);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, FindingKind::checkpoint);
}

TEST(LedgerFile, entries_that_no_checkpoint_covers_are_said) {
  const auto tail = verify(file_of(entry_texts(300), {290}).bytes);
  ASSERT_EQ(tail.findings.size(), 1u);
  EXPECT_EQ(tail.findings[0].text, "no checkpoint covers entries 290 to 299");
  EXPECT_EQ(verify(file_of(entry_texts(3), {}).bytes).findings.at(0).kind, FindingKind::not_signed);
  EXPECT_EQ(verify(file_of({}, {}).bytes).findings.at(0).kind, FindingKind::not_signed);
}

TEST(LedgerFile, checkpoints_out_of_order_or_place_are_refused) {
  const auto note = sign_checkpoint(origin, 3, Digest{}, signing_key());
  for (const auto& sizes : {std::vector<std::uint64_t>{0}, {6}, {3, 3}, {4, 3}}) {
    File file;
    file.add(bytes_of(ledger_file_first_line), FindingKind::first_line, 0);
    add_block(file, 0, entry_texts(5));
    for (const auto size : sizes) append(file.bytes, encode_ledger_checkpoint(size, note));
    append(file.bytes, encode_ledger_end(5));
    EXPECT_EQ(verify(file.bytes).findings.back().kind, FindingKind::header);
  }
}

TEST(LedgerFile, blocks_out_of_order_repeated_or_after_a_partial_one_are_refused) {
  for (const auto& firsts : {std::vector<std::uint64_t>{1}, {0, 0}, {0, 3}, {0, 256}}) {
    File file;
    file.add(bytes_of(ledger_file_first_line), FindingKind::first_line, 0);
    for (const auto first : firsts) add_block(file, first, entry_texts(3));
    EXPECT_EQ(verify(file.bytes).findings.back().kind, FindingKind::header);
  }
}

TEST(LedgerFile, a_source_that_fails_is_a_fault_and_not_a_finding) {
  LedgerFileReader reader([](std::span<std::uint8_t>) -> Result<std::size_t> {
    return fault(FaultKind::unavailable, "reading the file: input/output error");
  });
  const auto report = verify_ledger_file(reader, trusted());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, FaultKind::unavailable);
}

TEST(LedgerFile, noise_is_refused_without_harm) {
  std::uint32_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    auto file = file_of(entry_texts(4), {4}).bytes;
    for (int i = 0; i < 20; ++i) {
      state = state * 1664525u + 1013904223u;
      file[state % file.size()] = static_cast<std::uint8_t>(state >> 24);
    }
    EXPECT_FALSE(verify(file).sound());
  }
}

}  // namespace
}  // namespace sallyport
