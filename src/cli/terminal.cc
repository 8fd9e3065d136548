#include "cli/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "cli/files.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t label_width = 12;
constexpr unsigned char interrupt_key = 0x03;

void put(std::FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

std::size_t utf8_length_at(std::string_view text) {
  for (std::size_t n = 1; n <= 4 && n <= text.size(); ++n)
    if (is_valid_utf8(text.substr(0, n))) return n;
  return 0;
}

// C1 controls, and the marks that reorder a line: U+200E, U+200F, U+202A..202E, U+2066..2069.
bool is_deceptive(std::string_view c) {
  if (c.size() == 2 && c[0] == '\xC2') return static_cast<unsigned char>(c[1]) < 0xA0;
  if (c.size() != 3 || c[0] != '\xE2') return false;
  const auto second = static_cast<unsigned char>(c[1]);
  const auto third = static_cast<unsigned char>(c[2]);
  if (second == 0x80) return third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE);
  return second == 0x81 && third >= 0xA6 && third <= 0xA9;
}

std::string escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += concat("\\x", to_hex(ByteView(view_of({&c, 1}))));
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  for (auto have = width_of(text); have < width; ++have) out += ' ';
  return out;
}

// Reads one line byte by byte: what follows the line belongs to the next reader.
Result<SecretBytes> read_line(int fd) {
  std::string typed;
  typed.reserve(typed_bytes_max + 1);  // never moved while it grows, so wiping reaches every byte
  const auto stop = [&](FaultKind kind, std::string what) {
    wipe(typed);
    return fault(kind, std::move(what));
  };
  for (;;) {
    char c = 0;
    const auto got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return stop(FaultKind::invalid, "standard input cannot be read");
    if (got == 0 || c == '\n') break;
    if (c == static_cast<char>(interrupt_key)) return stop(FaultKind::rejected, "interrupted");
    if (typed.size() == typed_bytes_max)
      return stop(FaultKind::invalid, concat("the line is longer than ", typed_bytes_max, " bytes"));
    typed += c;
  }
  if (!typed.empty() && typed.back() == '\r') typed.pop_back();
  if (typed.empty()) return stop(FaultKind::invalid, "nothing was typed");
  return SecretBytes::take(std::move(typed));
}

// Echo off while it lives. Ctrl-C arrives as a byte, so that echo always comes back.
class QuietTerminal {
 public:
  explicit QuietTerminal(int fd) : fd_(fd), changed_(::tcgetattr(fd, &before_) == 0) {
    if (!changed_) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_cc[VEOL] = interrupt_key;  // ends the line, so that it is read at once
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  [[nodiscard]] bool quiet() const { return changed_; }

 private:
  int fd_;
  termios before_{};
  bool changed_;
};

Result<SecretBytes> ask_quietly(std::string_view prompt) {
  put(stderr, prompt);
  std::fflush(stderr);
  const QuietTerminal quiet(STDIN_FILENO);
  if (!quiet.quiet())
    return fault(FaultKind::invalid, "the terminal's echo cannot be turned off", "pipe the secret into the command");
  auto typed = read_line(STDIN_FILENO);
  put(stderr, "\n");
  return typed;
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto length = utf8_length_at(text);
    const auto c = text.substr(0, std::max<std::size_t>(length, 1));
    const bool control = c.size() == 1 && (static_cast<unsigned char>(c[0]) < 0x20 || c[0] == 0x7f);
    if (length == 0 || control || is_deceptive(c)) out += escaped(c);
    else out += c;
    text.remove_prefix(c.size());
  }
  return out;
}

Terminal::Terminal(bool json)
    : json_(json),
      colour_(::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr),
      interactive_(::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {}

std::string Terminal::inked(std::string_view text, Ink ink) const {
  const auto clean = plain_text(text);
  if (!colour_ || ink == Ink::plain || clean.empty()) return clean;
  std::string_view code = "0";
  switch (ink) {
    case Ink::bold: code = "1"; break;
    case Ink::green: code = "32"; break;
    case Ink::red: code = "31"; break;
    case Ink::yellow: code = "33"; break;
    case Ink::dim: code = "2"; break;
    case Ink::plain: break;
  }
  return concat("\x1b[", code, "m", clean, "\x1b[0m");
}

void Terminal::heading(std::string_view text) {
  if (!json_) put(stdout, concat(inked(text, Ink::bold), "\n"));
}

void Terminal::line(std::string_view text, Ink ink) {
  if (!json_) put(stdout, concat(inked(text, ink), "\n"));
}

void Terminal::fact(std::string_view label, std::string_view value, Ink ink) {
  if (!json_) put(stdout, concat("  ", inked(padded(label, label_width), Ink::dim), inked(value, ink), "\n"));
}

void Terminal::table(const std::vector<std::vector<std::string>>& rows) {
  if (json_) return;
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width_of(plain_text(row[i])));
    }
  bool first = true;
  for (const auto& row : rows) {
    std::string out;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto cell = plain_text(row[i]);
      out += i + 1 == row.size() ? cell : padded(cell, widths[i] + 2);
    }
    line(out, first ? Ink::dim : Ink::plain);
    first = false;
  }
}

void Terminal::document(const Json& json) {
  if (json_) put(stdout, concat(to_text(json), "\n"));
}

void Terminal::verbatim(std::string_view text) { put(stdout, text); }

void Terminal::note(std::string_view text) {
  if (!json_) put(stderr, concat(plain_text(text), "\n"));
}

void Terminal::remark(std::string_view what, std::string_view next_step) {
  if (json_)
    put(stderr,
        concat(to_text(Json::object(
                   {{"type", "urn:sallyport:note"}, {"title", "note"}, {"detail", what}, {"next_step", next_step}})),
               "\n"));
  else note(concat("note: ", what, "; ", next_step));
}

void Terminal::fail(const Problem& problem) {
  std::fflush(stdout);
  if (json_) {
    put(stderr, concat(to_text(to_json(problem)), "\n"));
    return;
  }
  const auto code = denial_code_of(problem);
  put(stderr, concat("sallyport: ", code.empty() ? "" : concat("refused (", plain_text(code), "): "),
                     plain_text(problem.detail), "\n"));
  if (!problem.next_step.empty()) put(stderr, concat("  next step: ", plain_text(problem.next_step), "\n"));
}

void Terminal::progress(std::string_view what, std::uint64_t done, std::uint64_t all) {
  if (json_ || ::isatty(STDERR_FILENO) != 1) return;
  constexpr std::uint64_t bar_width = 40;
  const auto filled = all == 0 ? bar_width : std::min(done, all) * bar_width / all;
  std::string bar(bar_width, '.');
  std::fill_n(bar.begin(), filled, '#');
  put(stderr, concat("\r", what, " [", bar, "] ", done, "/", all, done >= all ? "\n" : ""));
}

Result<SecretBytes> Terminal::read_secret(std::string_view prompt, const std::string& file) {
  if (!file.empty()) {
    SP_TRY(const auto content, read_private_file(file));
    auto text = text_of(content.reveal());
    text = text.substr(0, text.find('\n'));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.empty() || text.size() > typed_bytes_max)
      return fault(FaultKind::invalid, concat("the first line of `", file, "` is empty or too long"));
    return SecretBytes::copy_of(view_of(text));
  }
  return interactive_ ? ask_quietly(prompt) : read_line(STDIN_FILENO);
}

Result<SecretBytes> Terminal::read_new_password() {
  if (!interactive_) return read_line(STDIN_FILENO);
  SP_TRY(auto once, ask_quietly("new password: "));
  SP_TRY(const auto twice, ask_quietly("the same again: "));
  if (!once.equals_constant_time(twice.reveal()))
    return fault(FaultKind::invalid, "the two passwords differ", "type the same password twice");
  return once;
}

Result<bool> Terminal::confirm(std::string_view question, std::string_view option) {
  if (!interactive_)
    return fault(FaultKind::rejected, "this needs your yes, and there is no terminal to ask on",
                 concat("look first, then repeat with ", option));
  put(stderr, concat(question, " Type yes to go on: "));
  std::fflush(stderr);
  SP_TRY(const auto typed, read_line(STDIN_FILENO));
  return text_of(typed.reveal()) == "yes";
}

std::string shown(const Json& json, std::string_view key, std::string_view otherwise) {
  const auto* value = json.find(key);
  if (value == nullptr || value->is_null()) return std::string(otherwise);
  if (value->is_string()) return value->as_string().empty() ? std::string(otherwise) : value->as_string();
  if (value->is_array()) {
    std::string out;
    for (const auto& item : value->as_array())
      out += concat(out.empty() ? "" : ", ", item.is_string() ? item.as_string() : to_text(item));
    return out.empty() ? std::string(otherwise) : out;
  }
  return to_text(*value);
}

}  // namespace sallyport::cli
