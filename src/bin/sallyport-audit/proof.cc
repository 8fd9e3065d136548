#include "bin/sallyport-audit/proof.h"

#include "base/limits.h"
#include "base/text.h"
#include "bin/sallyport-audit/files.h"
#include "bin/sallyport-audit/printing.h"
#include "core/certificate/check.h"
#include "core/proof/certificate.h"
#include "crypto/hash.h"

namespace sallyport::audit {
namespace {

Result<proof::Population> population_of(const std::string& file, const Policy& policy, std::string& digest) {
  bool few_groups = false;
  digest = "assumed";
  if (file.empty()) return proof::assumed(policy, few_groups);
  SP_TRY(const auto text, read_text_file(file, proof::population_bytes_max));
  digest = to_hex(sha256(view_of(text)));
  auto read = proof::read_population(text, policy, PolicyReading::in_force);
  if (read) return *std::move(read);
  const auto& p = read.error().front();
  return fault(FaultKind::invalid, concat(file, ":", p.line, ":", p.column, ": ", p.what), p.next_step);
}

}  // namespace

Exit run(const ProofCommand& command) {
  const auto stop = [](const Fault& fault, Exit status) {
    print_error(concat("sallyport-audit: ", printable(fault.what), "\n",
                       fault.next_step.empty() ? "" : concat("  ", printable(fault.next_step), "\n")));
    return status;
  };
  const auto text = read_text_file(command.policy, policy_text_bytes_max);
  if (!text) return stop(text.error(), Exit::cannot_read);
  const auto policy = Policy::compile(*text, command.policy, PolicyReading::in_force);
  if (!policy) return stop(policy.error(), Exit::cannot_read);
  std::string organization;
  const auto population = population_of(command.organization, *policy, organization);
  if (!population) return stop(population.error(), Exit::cannot_read);
  const auto bytes = read_text_file(command.certificate, certificate_bytes_max);
  if (!bytes) return stop(bytes.error(), Exit::cannot_read);
  const auto certificate = parse_json(*bytes);
  if (!certificate) return stop(certificate.error(), Exit::findings);
  if (const auto sound = proof::check_proof(*policy, *population, organization, *certificate); !sound)
    return stop(sound.error(), Exit::findings);
  const auto claims = certificate->find("claims")->as_array().size();
  print(concat(printable(policy->name()), ": ", claims, claims == 1 ? " promise follows" : " promises follow",
               " from the certificate, for ", population->accounts.size(), " kinds of account\n"));
  return Exit::sound;
}

}  // namespace sallyport::audit
