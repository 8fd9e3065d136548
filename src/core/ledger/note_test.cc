#include "core/ledger/note.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

// The example of C2SP signed-note v1.0.0.
constexpr std::string_view spec_key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr std::string_view spec_note =
    "This is an example message.\n\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// The keys and notes of golang.org/x/mod sumdb/note, package documentation and note_test.go.
constexpr std::string_view go_key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view go_seed_base64 = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";  // type byte, then the seed
constexpr std::string_view other_go_key = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
constexpr std::string_view go_text =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr std::string_view go_signature =
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
constexpr std::string_view other_go_signature =
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

Ed25519SigningKey go_signer() {
  const auto bytes = from_base64(go_seed_base64).value();
  return Ed25519SigningKey::from_seed(SecretBytes::copy_of(std::span(bytes).subspan(1))).value();
}
VerifierKey key_from(std::string_view text) { return parse_verifier_key(text).value(); }

TEST(Note, the_example_of_the_standard_opens) {
  EXPECT_EQ(open_note(spec_note, key_from(spec_key)).value(), "This is an example message.\n");
}

TEST(Note, a_verifier_key_is_written_back_as_it_was_read) {
  for (const auto text : {spec_key, go_key, other_go_key}) EXPECT_EQ(to_string(key_from(text)), text);
  EXPECT_EQ(key_from(spec_key).id, 0x530d903au);
}

TEST(Note, signing_gives_the_very_bytes_of_the_go_implementation) {
  EXPECT_EQ(sign_note(go_text, "PeterNeumann", go_signer()), concat(go_text, "\n", go_signature));
  EXPECT_EQ(to_string(verifier_key_of("PeterNeumann", go_signer()).value()), go_key);
}

TEST(Note, any_part_of_a_verifier_key_is_no_verifier_key) {
  for (std::size_t begin = 0; begin <= go_key.size(); ++begin) {
    for (std::size_t length = 0; begin + length <= go_key.size(); ++length) {
      if (length == go_key.size()) continue;
      EXPECT_FALSE(parse_verifier_key(go_key.substr(begin, length)));
    }
  }
  for (std::size_t i = 0; i < go_key.size(); ++i) {
    std::string bent(go_key);
    bent[i] = static_cast<char>(bent[i] + 1);
    EXPECT_FALSE(parse_verifier_key(bent)) << i;
  }
  // Wrong length and unknown type, each with a fitting key id (golang.org/x/mod, note_test.go).
  EXPECT_FALSE(parse_verifier_key("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="));
  EXPECT_FALSE(parse_verifier_key("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
}

TEST(Note, every_flipped_bit_of_a_note_spoils_it) {
  const auto key = key_from(spec_key);
  for (std::size_t i = 0; i < spec_note.size() * 8; ++i) {
    std::string bent(spec_note);
    bent[i / 8] = static_cast<char>(bent[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(open_note(bent, key)) << "bit " << i;
  }
}

TEST(Note, signatures_of_strangers_are_ignored_and_a_bad_one_of_the_trusted_key_is_not) {
  const auto peter = key_from(go_key);
  const auto enoch = key_from(other_go_key);
  const auto both = concat(go_text, "\n", go_signature, other_go_signature);
  EXPECT_EQ(open_note(both, peter).value(), go_text);
  EXPECT_EQ(open_note(both, enoch).value(), go_text);
  EXPECT_EQ(open_note(concat(go_text, "\n", go_signature), enoch).error().kind, FaultKind::rejected);

  // Same name and key id as Peter's, but signed over other text.
  const auto forged = sign_note("other text\n", "PeterNeumann", go_signer());
  const auto forged_line = forged.substr(forged.find("\u2014"));
  EXPECT_EQ(open_note(concat(go_text, "\n", go_signature, forged_line), peter).error().kind, FaultKind::rejected);
  EXPECT_EQ(open_note(concat(go_text, "\n", forged_line, go_signature), peter).error().kind, FaultKind::rejected);
}

TEST(Note, sixteen_signatures_are_read_and_an_endless_list_is_not) {
  auto note = concat(go_text, "\n", go_signature);
  while (std::ranges::count(note, '\n') < 3 + 16) note += other_go_signature;
  EXPECT_TRUE(open_note(note, key_from(go_key)));
  for (std::size_t i = 0; i < note_signatures_max; ++i) note += other_go_signature;
  EXPECT_FALSE(open_note(note, key_from(go_key)));
}

TEST(Note, text_that_is_not_a_note_is_refused) {
  const auto key = key_from(go_key);
  const auto line = std::string(go_signature);
  EXPECT_FALSE(open_note("", key));
  EXPECT_FALSE(open_note("\n\n", key));
  EXPECT_FALSE(open_note(go_text, key));
  EXPECT_FALSE(open_note(concat(go_text, line), key));  // no blank line
  EXPECT_FALSE(open_note(concat(go_text, "\n", line.substr(0, line.size() - 1)), key));  // no last newline
  EXPECT_FALSE(open_note(concat(go_text, "\n", line, "\n"), key));  // one newline too many
  EXPECT_FALSE(open_note(concat(go_text, "\n", "- PeterNeumann", line.substr(16)), key));  // a hyphen
  EXPECT_FALSE(open_note(concat(go_text, "\n", line, "no signature\n"), key));  // a stray line
  EXPECT_FALSE(open_note(concat(go_text, "\r\n", line), key));  // CRLF
  EXPECT_FALSE(open_note(concat("\xff", go_text, "\n", line), key));  // not UTF-8
  EXPECT_FALSE(open_note(std::string(note_bytes_max + 1, 'a'), key));
}

TEST(Note, names_with_spaces_plus_signs_or_control_characters_are_no_key_names) {
  EXPECT_TRUE(is_key_name("sallyport.example.com/ledger"));
  EXPECT_TRUE(is_key_name("b\u00fccher.example"));
  for (const auto* bad : {"", "a b", "a+b", "a\nb", "a\tb", "a\u00a0b", "a\u2003b", "a\u3000b", "a\x7f", "\xc3("}) {
    EXPECT_FALSE(is_key_name(bad)) << bad;
  }
  EXPECT_TRUE(is_key_name(std::string(key_name_length_max, 'n')));
  EXPECT_FALSE(is_key_name(std::string(key_name_length_max + 1, 'n')));
  EXPECT_FALSE(verifier_key_of("two words", go_signer()));
}

// The example of C2SP tlog-checkpoint v1.0.0.
constexpr std::string_view spec_body =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(Checkpoint, the_example_of_the_standard_is_read_and_written_back) {
  const auto checkpoint = parse_checkpoint_body(spec_body).value();
  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.size, 20852163u);
  EXPECT_EQ(checkpoint_body(checkpoint), spec_body);
}

TEST(Checkpoint, anything_but_three_plain_lines_is_refused) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  EXPECT_TRUE(parse_checkpoint_body(concat("o\n0\n", root, "\n")));
  for (const auto& bad : {
           std::string(),
           std::string("\n"),
           std::string("\n\n\n"),
           concat("o\n1\n", root),  // missing newline
           concat("o\r\n1\r\n", root, "\r\n"),  // CRLF
           concat("o\n01\n", root, "\n"),  // leading zero
           concat("o\n00\n", root, "\n"),  // two ways to write zero
           concat("o\n+1\n", root, "\n"),  // sign
           concat("o\n-1\n", root, "\n"),  //
           concat("o\n 1\n", root, "\n"),  // space
           concat("o\n1 \n", root, "\n"),  //
           concat("o\n0x1\n", root, "\n"),  // hex
           concat("o\n\n", root, "\n"),  // no size
           concat("o\n99999999999999999999\n", root, "\n"),  // above 64 bits
           concat("o\n18446744073709551615\n", root, "\n"),  // above any ledger
           concat("\n1\n", root, "\n"),  // no origin
           concat("o o\n1\n", root, "\n"),  // space in the origin
           concat("o+\n1\n", root, "\n"),  // plus in the origin
           concat("o\n1\n", root, "\nextension\n"),  // extension line
           concat("o\n1\n", root, "\n\n"),  // empty line
           concat("o\n1\n", root.substr(4), "\n"),  // 29 bytes
           concat("o\n1\n", "AAAA", root, "\n"),  // 35 bytes
           concat("o\n1\n", root.substr(0, 43), "\n"),  // no padding
           concat("o\n1\n\x01", root, "\n"),  // control character
           concat("\xff\n1\n", root, "\n"),  // not UTF-8
       }) {
    EXPECT_FALSE(parse_checkpoint_body(bad)) << bad;
  }
}

TEST(Checkpoint, what_one_key_signs_only_that_key_opens) {
  const auto key = go_signer();
  const auto trusted = verifier_key_of("log.example/a", key).value();
  const auto root = sha256(view_of("root"));
  const auto note = sign_checkpoint("log.example/a", 7, root, key);
  EXPECT_EQ(open_checkpoint(note, trusted).value(), (Checkpoint{"log.example/a", 7, root}));
  EXPECT_FALSE(open_checkpoint(note, key_from(go_key)));  // same key, other name
  EXPECT_FALSE(open_checkpoint(sign_checkpoint("log.example/b", 7, root, key), trusted));  // other log, same key
}

TEST(Checkpoint, the_key_of_one_log_cannot_speak_for_another) {
  const auto key = go_signer();
  const auto trusted = verifier_key_of("log.example/a", key).value();
  const auto body = checkpoint_body({"log.example/b", 7, sha256(view_of("root"))});
  const auto opened = open_checkpoint(sign_note(body, "log.example/a", key), trusted);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, FaultKind::rejected);
}

}  // namespace
}  // namespace sallyport
