#include "bin/sallyport-audit/witness.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "base/text.h"
#include "bin/sallyport-audit/files.h"
#include "bin/sallyport-audit/printing.h"
#include "bin/sallyport-audit/witness_memory.h"
#include "core/ledger/witness.h"

namespace sallyport::audit {
namespace {

constexpr std::size_t logs_file_bytes_max = 64 * 1024;  // some four hundred logs

Result<Ed25519SigningKey> read_signing_key(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return fault(FaultKind::rejected, concat("`", path, "` may be read by others"), concat("chmod 600 ", path));
  SP_TRY(auto text, read_text_file(path, ed25519_seed_length));
  if (text.size() != ed25519_seed_length)
    return fault(FaultKind::invalid, concat("`", path, "` is not a key of 32 bytes"),
                 concat("head -c 32 /dev/urandom > ", path));
  return Ed25519SigningKey::from_seed(SecretBytes::take(std::move(text)));
}

Result<std::vector<VerifierKey>> read_logs(const std::string& path) {
  SP_TRY(const auto text, read_text_file(path, logs_file_bytes_max));
  std::vector<VerifierKey> out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    SP_TRY(auto key, parse_verifier_key(line));
    out.push_back(std::move(key));
  }
  return out;
}

// As many bytes as CONTENT_LENGTH says, or to the end; one more than may be shows that there is more.
Result<std::string> read_request() {
  auto wanted = witness_request_bytes_max + 1;
  if (const char* length = std::getenv("CONTENT_LENGTH"); length != nullptr && *length != '\0')
    wanted = std::min<std::size_t>(wanted, std::strtoull(length, nullptr, 10));
  std::string out;
  while (out.size() < wanted) {
    std::array<char, 4096> piece{};
    const auto got = ::read(STDIN_FILENO, piece.data(), std::min(piece.size(), wanted - out.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fault(FaultKind::unavailable, "the request cannot be read");
    if (got == 0) break;
    out.append(piece.data(), static_cast<std::size_t>(got));
  }
  return out;
}

WitnessAnswer text_answer(int status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", concat(text, "\n"), std::nullopt};
}

std::uint64_t seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

// The lock is held from what is remembered to what is remembered next.
Result<WitnessAnswer> answer_to(const WitnessCommand& command, const Witness& witness,
                                const std::vector<VerifierKey>& logs, std::string_view body) {
  if (body.size() > witness_request_bytes_max) return text_answer(413, "the request is too large");
  const auto request = parse_witness_request(body);
  if (!request) return text_answer(400, request.error().what);
  const auto log = std::ranges::find(logs, request->origin, &VerifierKey::name);
  if (log == logs.end()) return add_checkpoint(witness, *request, nullptr, {}, 0);
  SP_TRY(const auto memory, WitnessMemory::open(command.state, request->origin));
  SP_TRY(const auto latest, memory.latest());
  auto answer = add_checkpoint(witness, *request, &*log, latest, seconds_now());
  if (answer.remember) SP_CHECK(memory.remember(*answer.remember));
  return answer;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Entity";
    default: return "Internal Server Error";
  }
}

void give(const WitnessAnswer& answer) {
  print(concat("Status: ", answer.status, " ", reason_of(answer.status), "\r\nContent-Type: ", answer.content_type,
               "\r\nContent-Length: ", answer.body.size(), "\r\n\r\n", answer.body));
}

}  // namespace

Exit run(const WitnessCommand& command) {
  const auto stop = [](const Fault& fault, Exit status) {
    print_error(concat("sallyport-audit: ", printable_line(fault.what),
                       fault.next_step.empty() ? "" : concat("; ", fault.next_step), "\n"));
    return status;
  };
  const auto key = read_signing_key(command.key_file);
  if (!key) return stop(key.error(), Exit::cannot_read);
  const auto name = witness_key_of(command.name, *key);
  if (!name) return stop(name.error(), Exit::usage);
  if (command.show_key) {
    print(concat(to_string(*name), "\n"));
    return Exit::sound;
  }
  const auto logs = read_logs(command.logs_file);
  if (!logs) return stop(logs.error(), Exit::cannot_read);
  if (const char* method = std::getenv("REQUEST_METHOD"); method != nullptr && std::string_view(method) != "POST") {
    give(text_answer(405, "add-checkpoint takes POST"));
    return Exit::sound;
  }
  const auto body = read_request();
  if (!body) return stop(body.error(), Exit::cannot_read);
  const auto answer = answer_to(command, {*name, *key}, *logs, *body);
  if (!answer) {
    give(text_answer(500, "the witness cannot remember the checkpoint, and so gives no cosignature"));
    return stop(answer.error(), Exit::cannot_read);
  }
  give(*answer);
  return Exit::sound;
}

}  // namespace sallyport::audit
