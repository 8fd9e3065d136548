#include "core/proof/catalogue.h"

#include <algorithm>
#include <array>

namespace sallyport::proof {
namespace {

constexpr std::array<Thing, 19> things{{
    {"password", 1, "the holder's password"},
    {"mailbox", 1, "the mailbox that the holder has on file"},
    {"flood", 1, "the holder is buried in mail and calls until the hold is over", false},
    {"relay", 2, "the holder is tricked into reading out a code", false},
    {"push_fatigue", 2, "the holder says yes to a prompt they did not ask for", false},
    {"number", 2, "the holder's phone number, moved to another SIM"},
    {"code_sheet", 2, "the holder's printed recovery codes"},
    {"federated", 2, "the holder's account at the identity provider"},
    {"sync_account", 2, "the cloud account that carries the holder's passkeys"},
    {"post", 2, "the holder's letter box"},
    {"face_clone", 2, "a false face and voice in a video call", false},
    {"handset", 3, "the holder's unlocked handset"},
    {"desk_line", 3, "the holder's desk telephone, or the exchange"},
    {"document", 3, "forged papers and a false face in the holder's name"},
    {"presence", 4, "somebody who comes in person as the holder, with forged papers"},
    {"device", 4, "the holder's authenticator and its PIN"},
    {"security_key", 4, "the holder's security key and its PIN"},
    {"smart_card", 4, "the holder's smart card and its PIN"},
    {"wallet", 4, "the holder's electronic identity and its PIN"},
}};

}  // namespace

std::span<const Thing> all_things() noexcept { return things; }

const Thing* thing_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(things, name, &Thing::name);
  return found == things.end() ? nullptr : found;
}

Alternatives other_ways_to_forge(std::string_view signal) {
  if (signal == "totp") return {{"relay"}};
  if (signal == "callback") return {{"number"}, {"handset"}};
  if (signal == "on_site") return {{"presence"}};
  if (signal == "sms_code" || signal == "voice_code") return {{"number"}, {"handset"}, {"relay"}};
  if (signal == "push") return {{"handset"}, {"push_fatigue"}};
  if (signal == "synced_passkey") return {{"handset"}, {"sync_account"}};
  if (signal == "desk_callback") return {{"desk_line"}};
  if (signal == "post_code") return {{"post"}};
  if (signal == "digital_id") return {{"wallet"}};
  if (signal == "video_call") return {{"face_clone"}};
  for (const std::string_view same : {"security_key", "smart_card", "federated"})
    if (signal == same) return {{same}};
  return {};
}

Alternatives ways_to_silence(std::string_view thing) {
  if (thing == "mailbox" || thing == "number") return {{thing}, {"flood"}};
  return {{thing}};
}

Alternatives ways_to_use(std::string_view authenticator) {
  if (authenticator == "passkey" || authenticator == "platform") return {{"device"}};
  if (authenticator == "totp") return {{"handset"}, {"relay"}};
  if (authenticator == "push") return {{"handset"}, {"push_fatigue"}};
  if (authenticator == "sms_code") return {{"number"}, {"handset"}, {"relay"}};
  if (authenticator == "mail_code") return {{"mailbox"}};
  return {{authenticator}};  // password, security_key, smart_card, federated
}

bool is_of_telephone(std::string_view thing) noexcept {
  constexpr std::array<std::string_view, 5> all{"number", "handset", "desk_line", "relay", "flood"};
  return std::ranges::find(all, thing) != all.end();
}

std::vector<std::string_view> lost_with(std::string_view thing) {
  if (thing == "handset") return {"handset", "number"};
  return {thing};
}

}  // namespace sallyport::proof
