#include "damage/damaged.h"

#include <algorithm>
#include <array>
#include <map>

#include "../tests/support/small_world.h"
#include "core/ledger/bundle_cover.h"
#include "core/ledger/ledger_file.h"

namespace sallyport::damage {
namespace {

constexpr std::string_view origin = "ledger.example.org/test";  // SmallWorld's
constexpr std::size_t signed_every = 16;  // an export holds as many earlier checkpoints as fit

Ed25519SigningKey log_key() { return *Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7))); }

// Cases that went well and cases that did not, under one policy and then under a stricter one, with people who come and
// go in between.
class History {
 public:
  History() {
    for (int i = 0; i < 3; ++i) reset(concat("c-", i), concat("account-", i));
    denied("c-3");
    world.dismiss("sam");
    reset("c-4", "account-4");
    auto stricter = std::string(small_policy);
    stricter.replace(stricter.find("light:    {signals: 1,"), 22, "light:    {signals: 2,");
    world.activate(stricter);
    reset("c-5", "account-5");
    unlocked("c-6");
    world.appoint("new", {StaffRole::agent}, {});
    reset("c-7", "account-7");
    world.dismiss("leo");
  }
  SmallWorld world;

 private:
  void begin(const std::string& id, const std::string& account, Action action) {
    world.wait(minutes(3));
    EXPECT_EQ(world.told(id, world.opening(action, "ann", account)), std::nullopt);
    EXPECT_EQ(world.told(id, JoinClaimant{world.state(id).opened.join_code, sha256(view_of(id))}), std::nullopt);
  }
  void reset(const std::string& id, const std::string& account) {
    begin(id, account, Action::password_reset);
    EXPECT_EQ(world.give(id, "totp"), std::nullopt);
    EXPECT_EQ(world.give(id, "recovery_code"), std::nullopt);
    EXPECT_EQ(world.approve("lea", id), std::nullopt);
    EXPECT_EQ(world.seal(id), std::nullopt);
    EXPECT_EQ(world.intend(id), std::nullopt);
    EXPECT_EQ(world.conclude(id, Outcome::done), std::nullopt);
  }
  void denied(const std::string& id) {
    begin(id, "account-8", Action::password_reset);
    EXPECT_EQ(world.give(id, "totp", EvidenceResult::failed), std::nullopt);
    EXPECT_EQ(world.told(id, DenyCase{id_of<StaffId>("lea"), "the voice is another one"}), std::nullopt);
  }
  void unlocked(const std::string& id) {
    begin(id, "account-9", Action::unlock);
    EXPECT_EQ(world.give(id, "totp"), std::nullopt);
    EXPECT_EQ(world.give(id, "recovery_code"), std::nullopt);
    EXPECT_EQ(world.intend(id), std::nullopt);
    EXPECT_EQ(world.conclude(id, Outcome::done), std::nullopt);
  }
};

template <typename Event>
Event& event_of(LedgerEntry& entry) {
  return std::get<Event>(std::get<CaseEvent>(entry.event));
}

std::string flipped(std::string text, std::size_t byte, Seeded& seed, bool one_bit) {
  const auto change = one_bit ? 1U << seed.below(8) : 1U + static_cast<unsigned>(seed.below(255));
  text[byte] = static_cast<char>(static_cast<unsigned char>(text[byte]) ^ change);
  return text;
}

void append(std::string& out, const Bytes& bytes) { out.append(bytes.begin(), bytes.end()); }

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  static constexpr std::array<std::string_view, kinds> names{"ledger: a bit",
                                                             "ledger: a byte",
                                                             "ledger: entry removed",
                                                             "ledger: entry added",
                                                             "ledger: entries swapped",
                                                             "ledger: entry changed",
                                                             "key: history forked",
                                                             "key: history mixed",
                                                             "key: store rolled back",
                                                             "key: approval unsigned",
                                                             "key: approval moved",
                                                             "key: approval missing",
                                                             "key: activation unproved",
                                                             "key: policy back-dated",
                                                             "key: entry missing",
                                                             "bundle: a bit",
                                                             "bundle: a byte",
                                                             "bundle: entry missing",
                                                             "bundle: entry changed",
                                                             "bundle: proofs swapped",
                                                             "bundle: two cases",
                                                             "bundle: page rewritten",
                                                             "bundle: too old",
                                                             "bundle: approval unsigned"};
  return names[static_cast<std::size_t>(kind)];
}

Workshop::Workshop() : key_(log_key()), trusted_(*verifier_key_of(origin, key_)) {
  entries_ = History().world.ledger;
  for (const auto& bytes : entries_) decoded_.push_back(decode_entry(bytes).value());
  genesis_ = hash_leaf(view_of(entries_.front()));
  for (auto size = signed_every; size < entries_.size(); size += signed_every)
    notes_.push_back(note_of(entries_, size));
  notes_.push_back(note_of(entries_, entries_.size()));
  file_ = written(entries_, notes_);
  for (std::size_t byte = 0; byte < file_.size(); ++byte) owners_.push_back(owner_in_ledger(byte));
  for (const auto* id : {"c-0", "c-3", "c-5", "c-6"}) {
    bundles_.push_back(bundle_of(entries_, id_of<CaseId>(id)));
    texts_.push_back(encode_bundle(bundles_.back()));
  }
}

Specimen Workshop::honest_ledger() const { return {file_, *open_checkpoint(notes_.front(), trusted_)}; }
Specimen Workshop::honest_bundle(std::size_t number) const {
  return {texts_[number], *open_checkpoint(notes_.back(), trusted_)};
}

std::string Workshop::note_of(const Entries& entries, std::size_t size) const {
  Frontier tree;
  for (std::size_t i = 0; i < size; ++i) tree.append(hash_leaf(view_of(entries[i])));
  return sign_checkpoint(origin, size, tree.root(), key_);
}

// With each note behind the block that holds its last entry, when there is one.
std::string Workshop::written(const Entries& entries, const std::vector<std::string>& notes) const {
  std::string out(ledger_file_first_line);
  auto next = notes.begin();
  for (std::size_t first = 0; first < entries.size(); first += ledger_block_entries) {
    LedgerBlockWriter block(first);
    for (auto i = first; i < entries.size() && !block.full(); ++i)
      block.add(entries[i], hash_leaf(view_of(entries[i])));
    append(out, block.finish());
    for (; next != notes.end(); ++next) {
      const auto size = open_checkpoint(*next, trusted_)->size;
      if (size > first + block.count()) break;
      append(out, encode_ledger_checkpoint(size, *next));
    }
  }
  append(out, encode_ledger_end(entries.size()));
  return out;
}

std::string Workshop::signed_again(const Entries& entries) const {
  return written(entries, {note_of(entries, entries.size())});
}

Bundle Workshop::bundle_of(const Entries& entries, const CaseId& id) const {
  BundleMaker maker(id);
  for (const auto& entry : entries) maker.feed(entry);
  return maker.finish(note_of(entries, entries.size()), trusted_).value();
}

Workshop::Entries Workshop::renumbered(const std::vector<LedgerEntry>& entries) {
  std::map<std::string, std::uint64_t> versions;
  Entries out;
  for (auto entry : entries) {
    entry.version = versions[entry.stream]++;
    out.push_back(encode_entry(entry));
  }
  return out;
}

std::vector<std::size_t> Workshop::all_of(std::string_view kind) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < decoded_.size(); ++i)
    if (kind_of(decoded_[i].event) == kind) out.push_back(i);
  return out;
}

std::size_t Workshop::next_in_stream(std::size_t place) const {
  auto next = place + 1;
  while (next < decoded_.size() && decoded_[next].stream != decoded_[place].stream) ++next;
  return next;
}
bool Workshop::has_later_in_stream(std::size_t place) const { return next_in_stream(place) < decoded_.size(); }

// The entry whose leaf hash, length or bytes stand there.
std::optional<std::uint64_t> Workshop::owner_in_ledger(std::size_t byte) const {
  std::size_t at = ledger_file_first_line.size();
  for (std::size_t first = 0; first < entries_.size(); first += ledger_block_entries) {
    const auto end = std::min(first + ledger_block_entries, entries_.size());
    at += 19;
    for (auto i = first; i < end; ++i, at += 32)
      if (byte >= at && byte < at + 32) return i;
    for (auto i = first; i < end; ++i) {
      const auto length = 2 + entries_[i].size();
      if (byte >= at && byte < at + length) return i;
      at += length;
    }
    for (const auto& note : notes_) {
      const auto size = open_checkpoint(note, trusted_)->size;
      if (size > first && size <= end) at += 19 + note.size() + 4;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Workshop::owner_in_bundle(std::string_view text, const Bundle& bundle, std::size_t byte) {
  for (const auto& entry : bundle.entries) {
    const auto at = text.find(entry.bytes);
    if (byte >= at && byte < at + entry.bytes.size()) return entry.index;
  }
  return std::nullopt;
}

Damaged Workshop::damaged(Kind kind, Seeded& seed) const {
  if (kind <= Kind::entry_changed) return at_file(kind, seed);
  if (kind <= Kind::entry_missing) return with_key(kind, seed);
  return at_bundle(kind, seed);
}

// The checkpoints are as they were: whoever has not the key cannot make others.
Damaged Workshop::at_file(Kind kind, Seeded& seed) const {
  if (kind == Kind::ledger_bit || kind == Kind::ledger_byte) {
    const auto byte = seed.below(file_.size());
    return {{flipped(file_, byte, seed, kind == Kind::ledger_bit), {}}, owners_[byte], owners_[byte]};
  }
  auto entries = entries_;
  const auto place = seed.below(entries.size());
  auto last = place;
  if (kind == Kind::entry_removed) {
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place));
  } else if (kind == Kind::entry_added) {
    auto another = decoded_[seed.below(decoded_.size())];
    another.version += seed.below(2);
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place), encode_entry(another));
  } else if (kind == Kind::entries_swapped) {
    last = (place + 1 + seed.below(entries.size() - 1)) % entries.size();
    std::swap(entries[place], entries[last]);
  } else {
    auto& bytes = entries[place];
    bytes[seed.below(bytes.size())] = static_cast<char>('a' + seed.below(26));
    if (bytes == entries_[place]) bytes += ' ';
  }
  // Either all checkpoints that fit are kept, or the last one alone.
  auto notes = seed.one_in(2) ? notes_ : std::vector<std::string>{notes_.back()};
  // A checkpoint brackets it: what is rewritten is found at the next one. What is cut off at the end is found at the
  // last one that is left, and without any at the beginning.
  const auto first = notes.size() > 1 ? std::min(place, last) / signed_every * signed_every
                     : kind == Kind::entry_removed && !has_later_in_stream(place) ? 0
                                                                                  : std::min(place, last);
  const auto bracket = notes.size() == 1 ? entries_.size() : (std::max(place, last) / signed_every + 1) * signed_every;
  return {{written(entries, notes), {}}, first, std::min<std::uint64_t>(bracket, entries_.size())};
}

Damaged Workshop::with_key(Kind kind, Seeded& seed) const {
  const auto all = *open_checkpoint(notes_.back(), trusted_);
  if (kind == Kind::store_rolled_back) {
    const auto kept = 1 + seed.below(entries_.size() - 1);
    return {{signed_again({entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(kept)}), all}, kept, kept};
  }
  if (kind == Kind::history_forked || kind == Kind::history_mixed) {
    const auto kept = 1 + seed.below(entries_.size() - 1);
    auto entries = entries_;
    auto& changed = entries[kept - 1];
    changed.replace(changed.find("\"at\":\"20"), 8, "\"at\":\"30");  // it does not matter what is told instead
    if (kind == Kind::history_forked) return {{signed_again(entries), all}, 0, kept - 1};
    const auto& old = notes_[seed.below(notes_.size())];
    const auto size = open_checkpoint(old, trusted_)->size;
    if (size < kept) changed = entries_[kept - 1], entries[seed.below(size)] += ' ';
    auto notes = std::vector<std::string>{old};
    if (size < entries.size()) notes.push_back(note_of(entries, entries.size()));
    return {{written(entries, notes), {}}, 0, size};
  }
  if (kind == Kind::activation_unproved) return unproved(seed);
  if (kind == Kind::policy_back_dated) return back_dated(seed);
  if (kind == Kind::entry_missing) {
    auto place = seed.below(entries_.size());
    while (!has_later_in_stream(place)) place = seed.below(entries_.size());
    auto entries = entries_;
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place));
    // The gap shows at the next of its stream; that the first entry is missing shows at once.
    return {{signed_again(entries), {}}, 0, next_in_stream(place) - 1};
  }
  const auto place = seed.pick(all_of("approval_recorded"));
  auto entries = decoded_;
  if (kind == Kind::approval_unsigned) {
    return {{signed_again(renumbered(with_unsigned_approval(place))), {}}, place, place};
  }
  if (kind == Kind::approval_moved) {
    auto other = seed.pick(all_of("approval_recorded"));
    while (other == place) other = seed.pick(all_of("approval_recorded"));
    event_of<ApprovalRecorded>(entries[place]).assertion = event_of<ApprovalRecorded>(entries[other]).assertion;
    return {{signed_again(renumbered(entries)), {}}, place, place};
  }
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place));  // approval_missing
  auto permit = place;
  while (kind_of(decoded_[permit].event) != "action_permitted") permit = next_in_stream(permit);
  return {{signed_again(renumbered(entries)), {}}, place, permit - 1};
}

// Another could have given it, and did not.
std::vector<LedgerEntry> Workshop::with_unsigned_approval(std::size_t place) const {
  auto entries = decoded_;
  auto& approval = event_of<ApprovalRecorded>(entries[place]);
  approval.by = id_of<StaffId>(approval.by.text() == "leo" ? "lea" : "leo");
  approval.person = id_of<PersonId>(concat("person.", approval.by.text()));
  return entries;
}

Damaged Workshop::unproved(Seeded& seed) const {
  auto entries = decoded_;
  const auto proposal = seed.pick(all_of("policy_proposed"));
  auto first = proposal;
  while (kind_of(decoded_[first - 1].event) == "proof_part") --first;
  if (seed.one_in(2)) {  // without any
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(first),
                  entries.begin() + static_cast<std::ptrdiff_t>(proposal));
    return {{signed_again(renumbered(entries)), {}}, first, first};
  }
  auto& text = std::get<ProofPart>(std::get<OrganizationEvent>(entries[first].event)).text;
  const auto digit = text.find_first_of("0123456789", seed.below(text.size() / 2));
  text[digit] = text[digit] == '1' ? '2' : '1';
  return {{signed_again(renumbered(entries)), {}}, first, proposal};
}

// A case that is told to have been opened under rules of another time; or rules that are told to have come earlier.
Damaged Workshop::back_dated(Seeded& seed) const {
  auto entries = decoded_;
  const auto opened = all_of("case_opened");
  const auto digest_of_first = std::get<CaseOpened>(std::get<CaseEvent>(decoded_[opened.front()].event)).policy;
  const auto digest_of_last = std::get<CaseOpened>(std::get<CaseEvent>(decoded_[opened.back()].event)).policy;
  const auto place = seed.pick(opened);
  if (seed.one_in(2)) {
    auto& policy = event_of<CaseOpened>(entries[place]).policy;
    policy = policy == digest_of_first ? digest_of_last : digest_of_first;
    return {{signed_again(renumbered(entries)), {}}, place, place};
  }
  const auto second = all_of("policy_proposed").back();
  auto begin = second;
  while (kind_of(decoded_[begin - 1].event) == "proof_part") --begin;
  auto end = second + 1;
  while (kind_of(decoded_[end].event) == "change_approved") ++end;
  // Before a case that was opened under the first policy, with that case's time.
  auto target = seed.pick(opened);
  while (target > begin) target = seed.pick(opened);
  std::vector<LedgerEntry> moved(entries.begin() + static_cast<std::ptrdiff_t>(begin),
                                 entries.begin() + static_cast<std::ptrdiff_t>(end));
  for (auto& entry : moved) entry.at = decoded_[target].at;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(begin),
                entries.begin() + static_cast<std::ptrdiff_t>(end));
  entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(target), moved.begin(), moved.end());
  // It shows in the change itself when others were numbered before it, else in the first case that follows.
  return {{signed_again(renumbered(entries)), {}}, target, target + moved.size()};
}

Damaged Workshop::at_bundle(Kind kind, Seeded& seed) const {
  const auto number = seed.below(bundles_.size());
  auto bundle = bundles_[number];
  const auto finish = [&](std::optional<std::uint64_t> from, std::optional<std::uint64_t> to) {
    const auto checkpoint = open_checkpoint(bundle.checkpoint, trusted_);
    bundle.cover = cover_of(bundle.id, *checkpoint, bundle.entries);  // whoever forges does it well
    return Damaged{{encode_bundle(bundle), {}}, from, to};
  };
  if (kind == Kind::bundle_bit || kind == Kind::bundle_byte) {
    const auto& text = texts_[number];
    const auto byte = seed.below(text.size());
    const auto owner = owner_in_bundle(text, bundle, byte);
    return {{flipped(text, byte, seed, kind == Kind::bundle_bit), {}}, owner, owner};
  }
  if (kind == Kind::bundle_page_rewritten) {
    auto& page = bundle.cover;
    page[seed.below(page.size())] ^= 1;
    return {{encode_bundle(bundle), {}}, {}, {}};
  }
  if (kind == Kind::bundle_too_old) {
    const auto kept = bundle.entries.back().index + 1;
    if (kept == entries_.size()) return at_bundle(kind, seed);
    const Entries old(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(kept));
    return {{encode_bundle(bundle_of(old, bundle.id)), *open_checkpoint(notes_.back(), trusted_)}, kept, kept};
  }
  if (kind == Kind::bundle_approval_unsigned) {
    const auto place = seed.pick(all_of("approval_recorded"));
    const auto id = *case_of_stream(decoded_[place].stream);
    return {{encode_bundle(bundle_of(renumbered(with_unsigned_approval(place)), id)), {}}, place, place};
  }
  auto& entries = bundle.entries;
  const auto place = seed.below(entries.size());
  const auto index = entries[place].index;
  if (kind == Kind::bundle_proofs_swapped) {
    const auto other = (place + 1 + seed.below(entries.size() - 1)) % entries.size();
    std::swap(entries[place].proof, entries[other].proof);
    return finish(std::min(index, entries[other].index), std::min(index, entries[other].index));
  }
  if (kind == Kind::bundle_entry_changed) {
    auto& bytes = entries[place].bytes;
    bytes[seed.below(bytes.size())] ^= 1;
    return finish(index, index);
  }
  if (kind == Kind::bundle_of_two_cases) {
    const auto& other = bundles_[(number + 1 + seed.below(bundles_.size() - 1)) % bundles_.size()];
    const auto stream = concat(R"("stream":")", case_stream(other.id), R"(")");
    const auto& one = *std::ranges::find_if(other.entries, [&](const auto& e) { return e.bytes.contains(stream); });
    const auto at = std::ranges::lower_bound(entries, one.index, {}, &BundleEntry::index);
    entries.insert(at, one);
    return finish(one.index, one.index);
  }
  // One that another of its stream follows in the bundle: the last of a stream is what no bundle can show.
  const auto next = [&](std::size_t from) {
    const auto& stream = decoded_[entries[from].index].stream;
    auto at = from + 1;
    while (at < entries.size() && decoded_[entries[at].index].stream != stream) ++at;
    return at;
  };
  auto gone = place;
  while (next(gone) == entries.size()) gone = seed.below(entries.size());
  const auto shows_at = entries[next(gone)].index;
  const auto was = entries[gone].index;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(gone));
  return finish(was == 0 ? 0 : shows_at, was == 0 ? 0 : shows_at);
}

}  // namespace sallyport::damage
