#include "app/exercise_rows.h"

#include "base/text.h"

namespace sallyport {

std::string exercise_row(std::uint64_t exercise) { return concat("exercise/", exercise); }
std::string exercise_row_of_executor(std::uint64_t exercise) { return concat("exercise-executor/", exercise); }

// The row's name is bound to what it holds, so that no plan stands for another exercise's.
Result<std::string> seal_plan_to_executor(ByteView executor_key, std::uint64_t exercise, const ExercisePlan& plan,
                                          Entropy& entropy) {
  SP_TRY(auto ikm, entropy.bytes(hpke_ikm_length_min));
  SP_TRY(const auto sealed,
         hpke_seal(executor_key, view_of(exercise_plan_info), view_of(exercise_row_of_executor(exercise)),
                   SecretBytes::take(bytes_of(to_text(record_to_json(plan)))), SecretBytes::take(std::move(ikm))));
  return to_text(Json::object({{"enc", to_base64url(sealed.enc)}, {"ciphertext", to_base64url(sealed.ciphertext)}}));
}

Result<ExercisePlan> read_plan_as_executor(const EventReader& reader, const HpkePrivateKey& key,
                                           std::uint64_t exercise) {
  const auto name = exercise_row_of_executor(exercise);
  SP_TRY(const auto row, reader.read_secret(name));
  if (!row) return fault(FaultKind::not_found, "its plan is not kept any more");
  SP_TRY(const auto json, parse_json(*row));
  SP_TRY(const auto enc_text, json.string_at("enc"));
  SP_TRY(const auto ciphertext_text, json.string_at("ciphertext"));
  const auto enc = from_base64url(enc_text);
  const auto ciphertext = from_base64url(ciphertext_text);
  if (!enc || !ciphertext) return fault(FaultKind::corrupt, "its plan is damaged");
  const auto opened = hpke_open(key, *enc, view_of(exercise_plan_info), view_of(name), *ciphertext);
  if (!opened) return fault(FaultKind::corrupt, "its plan does not open");
  const auto plan_json = parse_json(text_of(opened->reveal()));
  if (!plan_json) return fault(FaultKind::corrupt, "its plan is damaged");
  auto plan = record_from_json<ExercisePlan>(*plan_json);
  if (!plan) return fault(FaultKind::corrupt, "its plan is damaged");
  return *std::move(plan);
}

}  // namespace sallyport
