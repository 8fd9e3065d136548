// The signals that a policy may name: ways to show that one is who one says. A policy may be written for all of them;
// whether this version's gateway can take one in a case is said here as well, and `sallyport policy check` warns of
// those it cannot.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport {

struct SignalKind {
  std::string_view name;
  std::string_view words;  // what the claimant does, or what is done for them
  bool taken = false;      // a case can be given it: the gateway verifies it itself (app/claimant_desk.cc)
};

inline constexpr std::array<SignalKind, 20> signal_kinds{{
    {"passkey", "a passkey that stays on one device"},
    {"synced_passkey", "a passkey that a cloud account carries from device to device"},
    {"security_key", "a security key, with its PIN"},
    {"smart_card", "a smart card, with its PIN"},
    {"totp", "the code of an authenticator app", true},
    {"push", "a prompt on the handset, with a number to match"},
    {"sms_code", "a code by text message to the number on file"},
    {"voice_code", "a code read out by an automatic call to the number on file"},
    {"callback", "a call to the mobile number on file, with a code read back to the gateway"},
    {"desk_callback", "the same at the desk telephone on file"},
    {"mail_code", "a code by mail to the address on file", true},
    {"post_code", "a code by letter to the postal address on file"},
    {"recovery_code", "a code from a printed sheet", true},
    {"federated", "signing in at an identity provider that is not the account's own"},
    {"digital_id", "an electronic identity or a wallet, issued by a state or a bank"},
    {"proofing", "papers and a living face, shown from afar"},
    {"on_site", "coming in person, with papers"},
    {"vouch", "the word of a manager, signed with a passkey"},
    {"peer_vouch", "the word of a colleague, signed with a passkey"},
    {"video_call", "being recognized by an agent in a video call"},
}};

inline constexpr auto signal_names = [] {
  std::array<std::string_view, signal_kinds.size()> out;
  std::ranges::transform(signal_kinds, out.begin(), &SignalKind::name);
  return out;
}();

// The kind of this name; null when there is none.
[[nodiscard]] constexpr const SignalKind* signal_kind(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(signal_kinds, name, &SignalKind::name);
  return found == signal_kinds.end() ? nullptr : found;
}

}  // namespace sallyport
