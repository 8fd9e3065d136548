// The C++ side of prover_brute.py: reads one model a line from stdin, answers one line with what `sallyport policy
// prove` would print of it, in canonical form, or with {"refused": [...]}.
#include <iostream>
#include <string>

#include "core/prover/prove.h"
#include "core/prover/read_model.h"

namespace sallyport::prover {
namespace {

Json answer(const std::string& line) {
  const auto read = read_model(line);
  if (!read.complaints.empty()) {
    Json refused = Json::array();
    for (const auto& complaint : read.complaints) refused.push(complaint.path + ": " + complaint.what);
    return Json::object({{"refused", std::move(refused)}});
  }
  const auto report = prove(read.model);
  return report ? *report : Json::object({{"refused", report.error().what}});
}

}  // namespace
}  // namespace sallyport::prover

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << sallyport::to_text(sallyport::prover::answer(line)) << '\n';
  return 0;
}
