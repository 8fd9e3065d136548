// Property: any bytes are judged, never an assertion; what is read as a bundle is written with the same bytes; and a
// bundle that is found sound holds entries of the ledger that was signed, each as it stands there.
//
// Input: a byte that says what the rest is: a file, or edits (edits.h) to a sound bundle.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/text.h"
#include "company.h"
#include "core/ledger/bundle.h"
#include "core/ledger/bundle_audit.h"
#include "crypto/hash.h"
#include "edits.h"

namespace {

using namespace sallyport;

constexpr std::string_view origin = "ledger.example.org/test";  // of the stage's ledgers

const Ed25519SigningKey& key() {
  static const auto made = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7)));
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}
const VerifierKey& trusted() {
  static const auto made = verifier_key_of(origin, key());
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}

// A reset that was verified and approved.
const Stage& played() {
  static const auto made = [] {
    auto stage = fuzz::company();
    const auto north = fuzz::id<OrganizationId>("north");
    const auto tell = [&](const CaseCommand& command) { SALLYPORT_ASSERT(stage.tell("c-1", command).has_value()); };
    tell(stage.opening_of(Action::password_reset, fuzz::id<StaffId>("ann"), stage.account_of("paul", north)));
    for (const std::string_view signal : {"totp", "recovery_code"}) {
      RecordEvidence evidence;
      evidence.signal = fuzz::id<SignalName>(signal);
      evidence.result = EvidenceResult::passed;
      evidence.detail = "given";
      tell(evidence);
    }
    tell(stage.approval("lea", "c-1"));
    return stage;
  }();
  return made;
}

std::string sound_bundle() {
  BundleMaker maker(fuzz::id<CaseId>("c-1"));
  Frontier tree;
  for (const auto& entry : played().ledger) {
    maker.feed(entry);
    tree.append(hash_leaf(view_of(entry)));
  }
  const auto bundle = maker.finish(sign_checkpoint(origin, tree.size(), tree.root(), key()), trusted());
  SALLYPORT_ASSERT(bundle.has_value());
  const auto text = encode_bundle(*bundle);
  SALLYPORT_ASSERT(audit_bundle(text, {trusted()}).sound());
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto sound = sound_bundle();
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  Bytes bytes(rest.begin(), rest.end());
  if (data[0] % 2 == 1) {
    bytes = bytes_of(sound);
    const std::array fields{&bytes};
    fuzz::apply(rest, fields);
  }
  const auto text = text_of(bytes);
  const auto bundle = parse_bundle(text);
  if (bundle) SALLYPORT_ASSERT(encode_bundle(*bundle) == text);
  const auto report = audit_bundle(text, {trusted()});
  for (const auto& finding : report.findings) SALLYPORT_ASSERT(!finding.text.empty());
  if (!report.sound()) return 0;
  SALLYPORT_ASSERT(bundle.has_value());
  for (const auto& entry : bundle->entries)
    SALLYPORT_ASSERT(entry.index < played().ledger.size() && entry.bytes == played().ledger[entry.index]);
  return 0;
}
