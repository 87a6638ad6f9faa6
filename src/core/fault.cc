#include "core/fault.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace clner {
namespace {

struct Rule {
  std::string action, op;
  uint64_t first = 1;
  bool later_too = false;
  int error = EIO;
  uint64_t calls = 0;

  bool Matches() {
    ++calls;
    return calls == first || (later_too && calls > first);
  }
};

constexpr std::pair<const char*, int> kErrors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},   {"EDQUOT", EDQUOT}, {"EROFS", EROFS},
    {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOMEM", ENOMEM}, {"ENOENT", ENOENT},
    {"EPIPE", EPIPE},   {"EAGAIN", EAGAIN}, {"EEXIST", EEXIST}, {"ENOLCK", ENOLCK}, {"EINVAL", EINVAL},
};

[[noreturn]] void Malformed(std::string_view rule, const std::string& why) {
  throw Error(ErrorCode::kUsage, "bad fault rule '" + std::string(rule) + "': " + why,
              "environment variable CLNER_FAULT",
              "write action@operation:count, e.g. kill@rename:2 or error@write:5=ENOSPC");
}

Rule ParseRule(std::string_view text) {
  Rule rule;
  std::string_view rest = text;
  if (const size_t equals = rest.find('='); equals != std::string_view::npos) {
    const std::string_view name = rest.substr(equals + 1);
    rest = rest.substr(0, equals);
    rule.error = 0;
    for (const auto& [known, value] : kErrors) {
      if (name == known) rule.error = value;
    }
    if (rule.error == 0) Malformed(text, "unknown error name");
  }
  const size_t at = rest.find('@');
  if (at == std::string_view::npos || at == 0) Malformed(text, "no action before '@'");
  rule.action = rest.substr(0, at);
  rest = rest.substr(at + 1);
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    std::string_view count = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!count.empty() && count.back() == '+') {
      rule.later_too = true;
      count.remove_suffix(1);
    }
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), rule.first);
    if (error != std::errc() || end != count.data() + count.size() || rule.first == 0) {
      Malformed(text, "the count is not a positive number");
    }
  }
  if (rest.empty()) Malformed(text, "no operation behind '@'");
  rule.op = rest;
  return rule;
}

std::vector<Rule> ParsePlan(std::string_view text) {
  std::vector<Rule> rules;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    rules.push_back(ParseRule(text.substr(0, comma)));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return rules;
}

// The one mutable state of the file layer; only tests change it.
struct Plan {
  std::mutex mutex;
  FaultHook hook;
  std::optional<std::vector<Rule>> rules;  // empty until the environment was read

  std::vector<Rule>& Rules() {
    if (!rules) {
      const char* text = std::getenv("CLNER_FAULT");
      rules = ParsePlan(text == nullptr ? "" : text);
    }
    return *rules;
  }
};

Plan& ThePlan() {
  static Plan plan;
  return plan;
}

// False only when it is known that nothing is planned.
std::atomic<bool> may_fault{true};

int Ask(const char* op) {
  Plan& plan = ThePlan();
  const std::lock_guard<std::mutex> lock(plan.mutex);
  if (plan.hook) return plan.hook(op);
  std::vector<Rule>& rules = plan.Rules();
  if (rules.empty()) may_fault = false;
  for (Rule& rule : rules) {
    if (rule.op != op) continue;
    if (rule.action == "kill" && rule.Matches()) return kFaultKill;
    if (rule.action == "short" && rule.Matches()) return kFaultShort;
    if (rule.action == "error" && rule.Matches()) return rule.error;
  }
  return 0;
}

}  // namespace

void SetFaultHook(FaultHook hook) {
  Plan& plan = ThePlan();
  const std::lock_guard<std::mutex> lock(plan.mutex);
  plan.hook = std::move(hook);
  plan.rules.reset();
  may_fault = true;
}

bool FaultPlanned(std::string_view action, std::string_view op) {
  if (!may_fault.load(std::memory_order_relaxed)) return false;
  Plan& plan = ThePlan();
  const std::lock_guard<std::mutex> lock(plan.mutex);
  bool planned = false;
  for (Rule& rule : plan.Rules()) {
    if (rule.action == action && rule.op == op && rule.Matches()) planned = true;
  }
  return planned;
}

namespace internal {

int Fault(const char* op) {
  if (!may_fault.load(std::memory_order_relaxed)) return 0;
  const int answer = Ask(op);
  if (answer == kFaultKill) std::raise(SIGKILL);
  return answer;
}

}  // namespace internal
}  // namespace clner
