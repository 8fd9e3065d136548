// The person at the terminal: what they read and what they type.
//
// Text that came from a server, a directory or another person passes through plain_text() before it
// is shown: a reason or a display name with escape sequences in it could otherwise repaint what an
// approver believes they sign. Colour goes to a terminal only, and never when NO_COLOR is set.
//
// Secrets are typed with echo off, read from a file (mode 0600), or are the next line of standard
// input when that is no terminal; never an argument. Not thread-safe: one object, one thread.
//
//   Terminal terminal(/*json=*/false);
//   terminal.heading("Case c-4f6k");
//   SP_TRY(const auto code, terminal.read_secret("code: ", options.code_file));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/problem.h"
#include "crypto/secret.h"

namespace sallyport::cli {

inline constexpr std::size_t typed_bytes_max = 1024;  // a password of 256 UTF-8 characters

enum class Ink { plain, bold, green, red, yellow, dim };

// Control, bidirectional-override and invalid characters as visible escapes.
[[nodiscard]] std::string plain_text(std::string_view text);

class Terminal {
 public:
  explicit Terminal(bool json);

  [[nodiscard]] bool json() const noexcept { return json_; }
  [[nodiscard]] bool interactive() const noexcept { return interactive_; }  // a person can be asked

  // Standard output. Human lines say nothing under --json, document() nothing otherwise.
  void heading(std::string_view text);
  void line(std::string_view text = {}, Ink ink = Ink::plain);
  void fact(std::string_view label, std::string_view value, Ink ink = Ink::plain);  // "  label       value"
  void table(const std::vector<std::vector<std::string>>& rows);  // the first row is the heading
  void document(const Json& json);
  // For what is shown once and must come out exactly: a checkpoint, a recovery code.
  void verbatim(std::string_view text);

  // Standard error.
  void note(std::string_view text);
  // What is worth knowing and keeps nothing from being done: "note: ..." and what would be right. Under --json a
  // document of a type of its own, `urn:sallyport:note`, so that nobody takes it for a fault.
  void remark(std::string_view what, std::string_view next_step);
  void fail(const Problem& problem);
  void progress(std::string_view what, std::uint64_t done, std::uint64_t all);  // on a terminal only

  // `file` empty: the prompt, or standard input. One line, without its newline.
  [[nodiscard]] Result<SecretBytes> read_secret(std::string_view prompt, const std::string& file);
  [[nodiscard]] Result<SecretBytes> read_new_password();  // typed twice, or one line of standard input
  // True for a typed "yes". Without a terminal: a fault that names the option to use instead.
  [[nodiscard]] Result<bool> confirm(std::string_view question, std::string_view option);

 private:
  [[nodiscard]] std::string inked(std::string_view text, Ink ink) const;
  bool json_;
  bool colour_;
  bool interactive_;
};

// For showing an answer's members: the string, number or list there, or `otherwise`.
[[nodiscard]] std::string shown(const Json& json, std::string_view key, std::string_view otherwise = "-");

}  // namespace sallyport::cli
