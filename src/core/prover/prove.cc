#include "core/prover/prove.h"

namespace sallyport::prover {

Result<Json> prove(const Model& model, Work work) {
  auto out = Json::object({{"name", model.name}});
  if (!model.accounts.empty() || !model.rules.empty()) {
    auto independence = Json::object();
    out.set("accounts", account_answers(model, independence, work));
    out.set("independence", std::move(independence));
  }
  if (model.policy) out.set("policy", policy_answers(model, *model.policy, work));
  if (model.policy && model.policy_b) out.set("diff", policy_difference(model, *model.policy, *model.policy_b, work));
  if (work.exhausted())
    return fault(FaultKind::invalid, "the model has more ways than can be listed",
                 "prove it in parts, or put fewer alternatives side by side");
  return out;
}

}  // namespace sallyport::prover
