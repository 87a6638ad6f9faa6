#include "retrieval/command_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/utf8.h"
#include "data/counted.h"
#include "data/unicode_class.h"
#include "retrieval/foreign_answer.h"

namespace clner {
namespace {

constexpr size_t kMaxLineBytes = size_t{64} << 20;
constexpr const char* kForm =
    R"(answer every line with {"id":0,"candidates":[{"text":"...","title":"...","id":"...","score":1.5}]})";

}  // namespace

/// The queries of one Search() call.
struct CommandEngine::Round {
  int64_t first_id = 0;
  std::vector<bool> open = {};  // by id - first_id: not answered yet
  std::vector<SearchAnswer> answers = {};
  size_t asked = 0, answered = 0;
};

CommandEngine::CommandEngine(CommandOptions options)
    : options_(std::move(options)), arguments_(SplitCommand(options_.command)) {}

CommandEngine::~CommandEngine() = default;

/// Nothing of a failed conversation is taken for an answer of the next.
void CommandEngine::Stop() {
  child_.reset();
  output_.clear();
}

std::string CommandEngine::identity() const {
  return "command " + options_.command + (options_.strip_html ? " without HTML" : "");
}

void CommandEngine::Refuse(const std::string& what) {
  Stop();
  throw Error(ErrorCode::kData, fmt::format("the answer of the search command {}", what),
              Place("output of the search command", lines_), kForm);
}

void CommandEngine::Fail(const std::string& what, const Round& round, const std::string& fix) {
  Stop();
  throw Error(ErrorCode::kUnavailable,
              fmt::format("the search command {} after {} of {}", what, round.answered, Counted(round.asked, "answer")),
              Printable(options_.command, 200), fix);
}

std::string CommandEngine::Requests(std::span<const std::string> queries, int64_t limit, Round* round) {
  std::string text;
  round->first_id = next_id_;
  round->open.assign(queries.size(), false);
  round->answers.resize(queries.size());
  for (size_t i = 0; i < queries.size(); ++i) {
    if (!HasLetterOrDigit(queries[i])) continue;
    text += DumpJson({{"id", next_id_ + static_cast<int64_t>(i)}, {"query", queries[i]}, {"limit", limit}}) + "\n";
    round->open[i] = true;
    ++round->asked;
  }
  next_id_ += static_cast<int64_t>(queries.size());
  return text;
}

void CommandEngine::TakeAnswer(std::string_view line, int64_t limit, Round* round) {
  const Json json = ParseJson(line, Place("output of the search command", lines_), ErrorCode::kData);
  if (!json.is_object() || !json.contains("id") || !json.at("id").is_number_integer()) Refuse("has no id");
  const auto id = json.at("id").get<int64_t>();
  const int64_t place = id - round->first_id;
  if (place < 0 || place >= static_cast<int64_t>(round->open.size()) || !round->open[static_cast<size_t>(place)])
    Refuse(fmt::format("is for query {}, which is not open", id));
  if (const std::string error = TextMember(json, "error"); !error.empty())
    Fail(fmt::format("reports an error for query {} ({})", id, Printable(error, 300)), *round, "see its own messages");
  if (!json.contains("candidates") || !json.at("candidates").is_array()) Refuse("has no list of candidates");
  AnswerSum sum;
  double score = 0;  // without scores the order counts
  for (const Json& entry : json.at("candidates")) {
    if (!entry.is_object() || !entry.contains("text") || !entry.at("text").is_string())
      Refuse("has a candidate without text");
    if (entry.contains("score") && !entry.at("score").is_number()) Refuse("has a score that is no number");
    score = entry.contains("score") ? entry.at("score").get<double>() : score - 1;
    std::optional<Candidate> candidate =
        CleanCandidate(TextMember(entry, "id"), TextMember(entry, "title"), entry.at("text").get<std::string>(), score,
                       options_.strip_html);
    if (candidate.has_value()) sum.Add(std::to_string(sum.size()), std::move(*candidate));
  }
  const auto partial = json.find("partial");
  if (partial != json.end() && partial->is_boolean() && partial->get<bool>()) sum.MarkPartial();
  round->answers[static_cast<size_t>(place)] = sum.Take(limit);
  round->open[static_cast<size_t>(place)] = false;
  ++round->answered;
}

/// Takes the whole lines out of what was read.
void CommandEngine::TakeLines(int64_t limit, Round* round) {
  size_t begin = 0;
  for (size_t end = 0; (end = output_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++lines_;
    const std::string_view line = std::string_view(output_).substr(begin, end - begin);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) TakeAnswer(line, limit, round);
  }
  output_.erase(0, begin);
}

std::vector<SearchAnswer> CommandEngine::Search(std::span<const std::string> queries, int64_t limit) {
  Round round;
  const std::string requests = Requests(queries, limit, &round);
  if (round.asked == 0) return std::move(round.answers);
  if (child_ == nullptr) child_ = std::make_unique<ChildProcess>(arguments_);
  std::string_view unsent = requests;
  while (round.answered < round.asked) {
    const size_t before = output_.size();
    switch (child_->Exchange(&unsent, &output_, kMaxLineBytes, options_.answer_seconds)) {
      case ChildProcess::Event::kRead:
        if (output_.find('\n', before) != std::string::npos) TakeLines(limit, &round);
        break;
      case ChildProcess::Event::kWritten:
        break;
      case ChildProcess::Event::kEnd:
        Fail(child_->End(), round, "see its own messages above; it must read until its input ends");
      case ChildProcess::Event::kTimeout:
        Fail(fmt::format("is silent for {} s", options_.answer_seconds), round,
             "let it write every answer out at once (flush), or raise --search-timeout");
      case ChildProcess::Event::kTooLong:
        Fail(fmt::format("writes a line of more than {} MiB", kMaxLineBytes >> 20), round, "let it give fewer texts");
    }
  }
  return std::move(round.answers);
}

}  // namespace clner
