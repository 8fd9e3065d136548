#include "shell/directories/ldap_connection.h"

#include <lber.h>
#include <ldap.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/wiping_heap.h"

namespace sallyport {
namespace {

// libldap's structs lack const where it only reads.
template <typename T>
T* unconst(const T* pointer) {
  return const_cast<T*>(pointer);  // tidy: allow banned_call, libldap lacks const
}

using namespace std::chrono;

void install_wiping_allocator() {
  static std::once_flag once;
  std::call_once(once, [] {
    BerMemoryFunctions functions{[](ber_len_t size, void*) { return wiping_malloc(size); },
                                 [](ber_len_t count, ber_len_t size, void*) { return wiping_calloc(count, size); },
                                 [](void* block, ber_len_t size, void*) { return wiping_realloc(block, size); },
                                 [](void* block, void*) { wiping_free(block); }};
    SALLYPORT_ASSERT(ber_set_option(nullptr, LBER_OPT_MEMORY_FNS, &functions) == LBER_OPT_SUCCESS);
  });
}

timeval left_until(Deadline deadline) {
  const auto left = std::max(duration_cast<microseconds>(deadline - steady_clock::now()), microseconds{1000});
  return {left.count() / 1'000'000, left.count() % 1'000'000};
}

// The first request opens the connection, without blocking; until that is done it is refused.
template <typename Ask>
int when_connected(Deadline deadline, const Ask& ask) {
  int rc = ask();
  while (rc == LDAP_X_CONNECTING && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds{2});
    rc = ask();
  }
  return rc;
}

struct MessageFree {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, MessageFree>;

struct ControlFree {
  void operator()(LDAPControl* control) const { ldap_control_free(control); }
};
using Control = std::unique_ptr<LDAPControl, ControlFree>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct Parsed {
  int code = LDAP_OTHER;
  std::string diagnostic;
  std::optional<int> password_policy_error;
};

void read_password_policy(LDAP* handle, LDAPControl** controls, Parsed& parsed) {
  LDAPControl* const found = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, nullptr);
  if (!found) return;
  ber_int_t expire = 0;
  ber_int_t grace = 0;
  LDAPPasswordPolicyError error = PP_noError;
  if (ldap_parse_passwordpolicy_control(handle, found, &expire, &grace, &error) != LDAP_SUCCESS) return;
  if (error != PP_noError) parsed.password_policy_error = static_cast<int>(error);
}

Parsed parse_result(LDAP* handle, LDAPMessage* message) {
  Parsed parsed;
  char* text = nullptr;
  LDAPControl** controls = nullptr;
  const int rc = ldap_parse_result(handle, message, &parsed.code, nullptr, &text, nullptr, &controls, 0);
  if (rc != LDAP_SUCCESS) parsed.code = rc;
  if (text) parsed.diagnostic = text;
  if (controls) read_password_policy(handle, controls, parsed);
  ldap_memfree(text);
  ldap_controls_free(controls);
  return parsed;
}

std::string described(int code, const std::string& diagnostic) {
  return diagnostic.empty() ? ldap_err2string(code) : concat(ldap_err2string(code), " (", diagnostic, ")");
}

LdapEntry read_entry(LDAP* handle, LDAPMessage* message) {
  LdapEntry entry;
  if (char* dn = ldap_get_dn(handle, message)) {
    entry.dn = dn;
    ldap_memfree(dn);
  }
  BerElement* cursor = nullptr;
  for (char* name = ldap_first_attribute(handle, message, &cursor); name;
       name = ldap_next_attribute(handle, message, cursor)) {
    auto& values = entry.attributes[lower(name)];
    if (berval** raw = ldap_get_values_len(handle, message, name)) {
      for (berval** value = raw; *value; ++value) values.emplace_back((*value)->bv_val, (*value)->bv_len);
      ldap_value_free_len(raw);
    }
    ldap_memfree(name);
  }
  ber_free(cursor, 0);
  return entry;
}

int operation_of(LdapChange::Kind kind) {
  switch (kind) {
    case LdapChange::Kind::add: return LDAP_MOD_ADD;
    case LdapChange::Kind::remove: return LDAP_MOD_DELETE;
    case LdapChange::Kind::replace: return LDAP_MOD_REPLACE;
  }
  return -1;
}

// libldap wants arrays of pointers, non-const though it only reads; this owns them for one call.
class ModArrays {
 public:
  explicit ModArrays(const std::vector<LdapChange>& changes) : mods_(changes.size()) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      auto& values = values_.emplace_back();
      auto& pointers = pointers_.emplace_back();
      for (const auto bytes : changes[i].values)
        values.push_back({bytes.size(), unconst(reinterpret_cast<const char*>(bytes.data()))});
      for (auto& value : values) pointers.push_back(&value);
      pointers.push_back(nullptr);
      mods_[i].mod_op = operation_of(changes[i].kind) | LDAP_MOD_BVALUES;
      mods_[i].mod_type = unconst(changes[i].attribute.c_str());
    }
    for (std::size_t i = 0; i < changes.size(); ++i) {
      mods_[i].mod_bvalues = pointers_[i].size() > 1 ? pointers_[i].data() : nullptr;
      list_.push_back(&mods_[i]);
    }
    list_.push_back(nullptr);
  }
  [[nodiscard]] LDAPMod** get() { return list_.data(); }

 private:
  std::vector<LDAPMod> mods_;
  std::vector<std::vector<berval>> values_;
  std::vector<std::vector<berval*>> pointers_;
  std::vector<LDAPMod*> list_;
};

Control assertion_control(LDAP* handle, const std::string& filter) {
  berval value{};
  if (ldap_create_assertion_control_value(handle, unconst(filter.c_str()), &value) != LDAP_SUCCESS) return {};
  LDAPControl* control = nullptr;
  const int rc = ldap_control_create(LDAP_CONTROL_ASSERT, 1, &value, 1, &control);
  ber_memfree(value.bv_val);
  return Control(rc == LDAP_SUCCESS ? control : nullptr);
}

Control plain_control(const char* oid, bool critical) {
  LDAPControl* control = nullptr;
  return Control(ldap_control_create(oid, critical, nullptr, 0, &control) == LDAP_SUCCESS ? control : nullptr);
}

}  // namespace

const std::vector<std::string>& LdapEntry::all(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto at = attributes.find(lower(name));
  return at == attributes.end() ? none : at->second;
}

std::string LdapEntry::first(std::string_view name) const {
  const auto& values = all(name);
  return values.empty() ? std::string() : values.front();
}

std::string filter_escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x20 || byte >= 0x7f || std::strchr("*()\\", c)) out += concat('\\', to_hex(ByteView(&byte, 1)));
    else out.push_back(c);
  }
  return out;
}

LdapConnection::~LdapConnection() { ldap_unbind_ext(handle_, nullptr, nullptr); }

Result<std::unique_ptr<LdapConnection>> LdapConnection::open(const LdapConfig& config, Deadline deadline) {
  install_wiping_allocator();
  LDAP* handle = nullptr;
  if (const int rc = ldap_initialize(&handle, config.url.c_str()); rc != LDAP_SUCCESS)
    return fault(FaultKind::invalid, concat("opening ", config.url, ": ", ldap_err2string(rc)));
  std::unique_ptr<LdapConnection> connection(new LdapConnection(handle));
  SP_CHECK(connection->configure(config, deadline));
  if (config.start_tls) SP_CHECK(connection->start_tls(deadline));
  SP_CHECK(connection->bind(config, deadline));
  return connection;
}

Result<void> LdapConnection::configure(const LdapConfig& config, Deadline deadline) {
  const int version = LDAP_VERSION3;
  const int never = LDAP_DEREF_NEVER;
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  const int tls_1_2 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const int client = 0;
  const timeval left = left_until(deadline);
  const bool set = ldap_set_option(handle_, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_RESTART, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_DEREF, &never) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_NETWORK_TIMEOUT, &left) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_TIMEOUT, &left) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_ON) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_X_TLS_CACERTDIR, nullptr) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_X_TLS_CACERTFILE, config.ca_file.c_str()) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_X_TLS_REQUIRE_SAN, &demand) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls_1_2) == LDAP_OPT_SUCCESS &&
                   ldap_set_option(handle_, LDAP_OPT_X_TLS_NEWCTX, &client) == LDAP_OPT_SUCCESS;
  if (!set) return fault(FaultKind::invalid, "libldap refuses our options", "is the CA file a PEM certificate?");
  Sockbuf* socket = nullptr;
  ber_len_t incoming = ldap_message_bytes_max;
  if (ldap_get_option(handle_, LDAP_OPT_SOCKBUF, &socket) != LDAP_OPT_SUCCESS ||
      ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &incoming) != 1)
    return fault(FaultKind::invalid, "libldap does not let us bound its messages");
  return {};
}

Fault LdapConnection::unreachable(std::string_view doing) const {
  int code = LDAP_TIMEOUT;
  ldap_get_option(handle_, LDAP_OPT_RESULT_CODE, &code);
  char* text = nullptr;
  ldap_get_option(handle_, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text);
  const std::string diagnostic = text ? text : "";
  ldap_memfree(text);
  if (code == LDAP_SUCCESS) code = LDAP_TIMEOUT;
  return {FaultKind::unavailable, concat(doing, ": ", described(code, diagnostic)),
          "check that the directory runs and that its certificate is signed by the configured CA"};
}

// The whole answer, or null and a broken connection.
LDAPMessage* LdapConnection::wait_for(int id, Deadline deadline) {
  timeval left = left_until(deadline);
  LDAPMessage* message = nullptr;
  const int type = ldap_result(handle_, id, LDAP_MSG_ALL, &left, &message);
  if (type > 0) return message;
  ldap_msgfree(message);
  broken_ = true;
  return nullptr;
}

Result<void> LdapConnection::start_tls(Deadline deadline) {
  int id = 0;
  if (when_connected(deadline, [&] { return ldap_start_tls(handle_, nullptr, nullptr, &id); }) != LDAP_SUCCESS)
    return std::unexpected(unreachable("connecting to the directory"));
  const Message message(wait_for(id, deadline));
  if (!message) return std::unexpected(unreachable("starting TLS"));
  if (const auto parsed = parse_result(handle_, message.get()); parsed.code != LDAP_SUCCESS)
    return fault(FaultKind::unavailable, concat("starting TLS: ", described(parsed.code, parsed.diagnostic)));
  if (ldap_install_tls(handle_) != LDAP_SUCCESS) return std::unexpected(unreachable("starting TLS"));
  return {};
}

Result<void> LdapConnection::bind(const LdapConfig& config, Deadline deadline) {
  const auto password = config.bind_password.reveal();
  berval credentials{password.size(), unconst(reinterpret_cast<const char*>(password.data()))};
  int id = 0;
  const auto ask = [&] {
    return ldap_sasl_bind(handle_, config.bind_dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, &id);
  };
  if (when_connected(deadline, ask) != LDAP_SUCCESS) return std::unexpected(unreachable("connecting to the directory"));
  const Message message(wait_for(id, deadline));
  if (!message) return std::unexpected(unreachable("signing in to the directory"));
  const auto parsed = parse_result(handle_, message.get());
  if (parsed.code == LDAP_SUCCESS) return {};
  return fault(FaultKind::unavailable,
               concat("signing in to the directory: ", described(parsed.code, parsed.diagnostic)),
               "check the service account's name and password");
}

Result<std::vector<LdapEntry>> LdapConnection::search(const Search& search, Deadline deadline) {
  std::vector<char*> names;
  for (const auto& name : search.attributes) names.push_back(unconst(name.c_str()));
  names.push_back(nullptr);
  timeval left = left_until(deadline);
  int id = 0;
  if (ldap_search_ext(handle_, search.base.c_str(), LDAP_SCOPE_SUBTREE, search.filter.c_str(), names.data(), 0, nullptr,
                      nullptr, &left, search.size_limit, &id) != LDAP_SUCCESS) {
    broken_ = true;
    return std::unexpected(unreachable("searching the directory"));
  }
  const Message message(wait_for(id, deadline));
  if (!message) return std::unexpected(unreachable("searching the directory"));
  std::vector<LdapEntry> entries;
  Parsed parsed;
  for (LDAPMessage* part = ldap_first_message(handle_, message.get()); part; part = ldap_next_message(handle_, part)) {
    if (ldap_msgtype(part) == LDAP_RES_SEARCH_ENTRY) entries.push_back(read_entry(handle_, part));
    if (ldap_msgtype(part) == LDAP_RES_SEARCH_RESULT) parsed = parse_result(handle_, part);
  }
  if (parsed.code == LDAP_SUCCESS) return entries;
  if (parsed.code == LDAP_SIZELIMIT_EXCEEDED)
    return fault(FaultKind::corrupt, concat("more than ", search.size_limit, " entries match where that many may"));
  if (parsed.code == LDAP_NO_SUCH_OBJECT)
    return fault(FaultKind::rejected, concat("\"", search.base, "\" does not exist or may not be read"),
                 "check people_base and groups_base, and the service account's read access");
  const bool may_pass =
      parsed.code == LDAP_BUSY || parsed.code == LDAP_UNAVAILABLE || parsed.code == LDAP_TIMELIMIT_EXCEEDED;
  return fault(may_pass ? FaultKind::unavailable : FaultKind::rejected,
               concat("searching the directory: ", described(parsed.code, parsed.diagnostic)));
}

LdapAnswer LdapConnection::modify(const LdapModify& modify, Deadline deadline) {
  LDAPControl* policy_control = nullptr;
  const int made = ldap_create_passwordpolicy_control(handle_, &policy_control);
  const Control policy(made == LDAP_SUCCESS ? policy_control : nullptr);
  const Control assertion = assertion_control(handle_, modify.assertion);
  const Control relax = modify.relax ? plain_control(LDAP_CONTROL_RELAX, true) : Control();
  // Without its guard the write must not go out. Nothing was sent: an answer of our own.
  if (!policy || !assertion || (modify.relax && !relax))
    return {LdapAnswer::Got::answer, LDAP_UNAVAILABLE, "the guard of the write could not be made", {}};
  std::vector<LDAPControl*> controls{policy.get(), assertion.get()};
  if (relax) controls.push_back(relax.get());
  controls.push_back(nullptr);

  ModArrays mods(modify.changes);
  int id = 0;
  if (ldap_modify_ext(handle_, modify.dn.c_str(), mods.get(), controls.data(), nullptr, &id) != LDAP_SUCCESS) {
    broken_ = true;  // some of it may have left
    return {};
  }
  const Message message(wait_for(id, deadline));
  if (!message) return {};
  auto parsed = parse_result(handle_, message.get());
  // Result codes below zero are libldap's own: it could not read the answer.
  if (parsed.code < 0) return {};
  return {LdapAnswer::Got::answer, parsed.code, std::move(parsed.diagnostic), parsed.password_policy_error};
}

}  // namespace sallyport
