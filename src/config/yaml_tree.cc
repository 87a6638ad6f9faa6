#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "core/utf8.h"

namespace clner {
namespace {

[[noreturn]] void Refuse(const std::string& name, int64_t line, int64_t column, std::string what,
                         std::string fix = {}) {
  throw Error(ErrorCode::kConfig, std::move(what), Place(name, line, column), std::move(fix));
}

constexpr std::string_view kBlanks = " \t\n";

/// The end of the last text before `position` that is neither blank nor a line of comment.
size_t EndOfContent(std::string_view text, size_t position) {
  while (true) {
    const size_t last = text.substr(0, position).find_last_not_of(kBlanks);
    if (last == std::string_view::npos) return 0;
    const size_t line = text.rfind('\n', last) + 1;
    if (text[text.find_first_not_of(kBlanks, line)] != '#') return last + 1;
    position = line;
  }
}

struct TextPlace {
  int64_t line, column;  // from 1
};
TextPlace PlaceAt(std::string_view text, size_t position) {
  const std::string_view before = text.substr(0, position);
  return {std::count(before.begin(), before.end(), '\n') + 1,
          static_cast<int64_t>(position - (before.rfind('\n') + 1)) + 1};
}

/// True if the text in quotes that begins at `begin` ends in `text`.
bool HasClosingQuote(std::string_view text, size_t begin) {
  const char quote = text[begin];
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return true;
      ++i;
    }
  }
  return false;
}

/// Builds the tree from parser events on `text`.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const std::string& name, ProblemList* problems)
      : text_(text), name_(name), problems_(problems) {}

  [[nodiscard]] std::shared_ptr<const YamlNode> root() const { return root_; }
  [[nodiscard]] int documents() const { return documents_; }
  [[nodiscard]] const YAML::Mark& last_mark() const { return last_mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    last_mark_ = mark;
    if (++documents_ > 1) {
      Refuse(name_, mark.line + 1, mark.column + 1, "the file holds more than one document",
             "remove everything from the second '---' on");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    std::shared_ptr<YamlNode> node = NewNode(YamlNode::Kind::kNull, mark);
    PlaceNull(mark, node.get());
    Finish(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseTag(mark, tag);
    if (tag == "!") RefuseOpenQuote(mark);
    std::shared_ptr<YamlNode> node = NewNode(YamlNode::Kind::kScalar, mark);
    node->text = value;
    node->quoted = tag == "!";
    Finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    last_mark_ = mark;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      Refuse(name_, mark.line + 1, mark.column + 1, "an alias stands inside the value it names", "write the value out");
    }
    Attach(found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    size_t depth = 0;
    std::optional<YamlNode::Entry> pending = std::nullopt;  // key read, value not yet
    bool merge = false;                                     // the pending key is a merge key
    std::map<std::string, int64_t> line_of_key = {};
  };

  std::shared_ptr<YamlNode> NewNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    last_mark_ = mark;
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = mark.line + 1;
    node->column = mark.column + 1;
    return node;
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    Refuse(name_, mark.line + 1, mark.column + 1, fmt::format("the tag '{}' is not supported", Printable(tag)),
           "remove it; types come from the option");
  }

  /// yaml-cpp takes the end of the file for a closing quote and the lines up to there for text.
  void RefuseOpenQuote(const YAML::Mark& mark) {
    auto begin = static_cast<size_t>(mark.pos);
    // The mark is that of an anchor or tag when there is one.
    while (begin < text_.size() && std::string_view("&!#").find(text_[begin]) != std::string_view::npos) {
      begin = text_.find_first_not_of(kBlanks, text_.find_first_of(text_[begin] == '#' ? "\n" : kBlanks, begin));
    }
    const bool quote = begin < text_.size() && (text_[begin] == '"' || text_[begin] == '\'');  // else a block
    if (!quote || HasClosingQuote(text_, begin)) return;
    const TextPlace place = PlaceAt(text_, begin);
    const std::string_view shown = text_.substr(begin, text_.find('\n', begin) - begin);
    Refuse(name_, place.line, place.column, fmt::format("the text {} has no closing quote", Printable(shown)),
           fmt::format("end it with {}", text_[begin]));
  }

  /// yaml-cpp gives a value that was left out the place of what follows; the place is that of its key or dash.
  void PlaceNull(const YAML::Mark& mark, YamlNode* node) const {
    if (stack_.empty()) return;
    const Frame& frame = stack_.back();
    if (frame.pending.has_value()) {
      if (frame.pending->line == node->line) return;
      node->line = frame.pending->line;
      node->column = frame.pending->column;
    } else if (frame.node->kind == YamlNode::Kind::kSequence) {
      const auto position = std::min(static_cast<size_t>(mark.pos), text_.size());
      const size_t end = EndOfContent(text_, position);
      const size_t begin = text_.substr(0, end).rfind('\n') + 1;
      const std::string_view line = text_.substr(begin, end - begin);
      const size_t dash = line.substr(0, line.find_first_not_of("- ")).rfind('-');
      const std::string_view between = text_.substr(end, position - end);
      const auto lines = std::count(between.begin(), between.end(), '\n');
      if (lines == 0 || dash == std::string_view::npos) return;
      node->line -= lines;
      node->column = static_cast<int64_t>(dash) + 1;
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    RefuseTag(mark, tag);
    // A list as a key does not count: it is refused at its end, and yaml-cpp takes a list that is never closed for one.
    const bool is_key =
        !stack_.empty() && stack_.back().node->kind == YamlNode::Kind::kMap && !stack_.back().pending.has_value();
    const size_t depth = (stack_.empty() ? 0 : stack_.back().depth) + (is_key ? 0 : 1);
    if (depth > kMaxYamlDepth) {
      Refuse(name_, mark.line + 1, mark.column + 1,
             fmt::format("values are nested deeper than {} levels", kMaxYamlDepth));
    }
    stack_.push_back({NewNode(kind, mark), anchor, depth});
  }

  void Close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    Finish(std::move(frame.node), frame.anchor);
  }

  void Finish(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    Attach(std::move(node));
  }

  void Attach(std::shared_ptr<const YamlNode> node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    frame.node->size += node->size;
    if (frame.node->size > kMaxYamlNodes) {
      Refuse(name_, frame.node->line, frame.node->column,
             fmt::format("more than {} values after expansion of aliases", kMaxYamlNodes));
    }
    if (frame.node->kind == YamlNode::Kind::kSequence) {
      frame.node->items.push_back(std::move(node));
    } else if (!frame.pending.has_value()) {
      StartEntry(&frame, *node);
    } else {
      FinishEntry(&frame, std::move(node));
    }
  }

  void StartEntry(Frame* frame, const YamlNode& key) {
    if (key.kind != YamlNode::Kind::kScalar) {
      Refuse(name_, key.line, key.column, fmt::format("a key must be text, but it is {}", Describe(key)),
             "write the key in quotes");
    }
    frame->pending = YamlNode::Entry{key.text, key.line, key.column, nullptr};
    frame->merge = key.text == "<<" && !key.quoted;
    if (frame->merge) {
      problems_->Add(ErrorCode::kConfig, {"merge keys ('<<') are not supported", Place(name_, key.line, key.column),
                                          "repeat the keys, or use 'include:' for shared files"});
    }
  }

  void FinishEntry(Frame* frame, std::shared_ptr<const YamlNode> value) {
    YamlNode::Entry entry = std::move(*frame->pending);
    frame->pending.reset();
    entry.value = std::move(value);
    if (frame->merge) return;
    const auto [first, inserted] = frame->line_of_key.emplace(entry.key, entry.line);
    if (!inserted) {
      problems_->Add(ErrorCode::kConfig, {fmt::format("duplicate key '{}' on lines {} and {}", Printable(entry.key),
                                                      first->second, entry.line),
                                          Place(name_, entry.line, entry.column), "keep one of them"});
      return;
    }
    frame->node->entries.push_back(std::move(entry));
  }

  const std::string_view text_;
  const std::string& name_;
  ProblemList* problems_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  std::shared_ptr<const YamlNode> root_ = std::make_shared<YamlNode>();
  YAML::Mark last_mark_;
  int documents_ = 0;
};

/// Without a BOM, with LF as the only line end, also of the last line.
std::string NormalLines(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 >= text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  if (!out.empty() && out.back() != '\n') out += '\n';
  return out;
}

/// yaml-cpp takes U+0004 for the end of the file, passes invalid UTF-8 on and accepts some tabs, so bytes are checked
/// first.
void CheckBytes(const std::string& text, const std::string& name) {
  int64_t line = 1;
  size_t line_start = 0;
  bool in_indent = true, tab_in_indent = false;
  const size_t bad = FirstInvalidUtf8(text).value_or(text.size());
  for (size_t i = 0; i <= text.size(); ++i) {
    const int64_t column = static_cast<int64_t>(i - line_start) + 1;
    if (i == bad && i < text.size()) {
      Refuse(name, line, column, fmt::format("invalid UTF-8 (byte 0x{:02x})", static_cast<unsigned char>(text[i])),
             "save the file as UTF-8");
    }
    if (i == text.size() || text[i] == '\n') {
      ++line;
      line_start = i + 1;
      in_indent = true;
      tab_in_indent = false;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '\t' && in_indent) tab_in_indent = true;
    if (in_indent && text[i] != ' ' && text[i] != '\t') {
      in_indent = false;
      if (tab_in_indent) Refuse(name, line, 1, "a tab in the indentation", "indent with spaces");
    }
    if ((byte < 0x20 && text[i] != '\t') || byte == 0x7F) {
      Refuse(name, line, column, fmt::format("control character U+{:04X}", byte), "remove it");
    }
  }
}

}  // namespace

std::shared_ptr<const YamlNode> ParseYaml(const std::string& text, const std::string& name, ProblemList* problems) {
  if (text.size() > kMaxYamlBytes) {
    throw Error(ErrorCode::kConfig,
                fmt::format("{} bytes are too many for a configuration (limit {})", text.size(), kMaxYamlBytes), name);
  }
  const std::string normal = NormalLines(text);
  CheckBytes(normal, name);
  TreeBuilder builder(normal, name, problems);
  try {
    std::istringstream stream(normal);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Error&) {
    throw;
  } catch (const YAML::DeepRecursion& error) {
    Refuse(name, error.mark.line + 1, error.mark.column + 1,
           fmt::format("values are nested deeper than {} levels", kMaxYamlDepth));
  } catch (const YAML::Exception& error) {
    const YAML::Mark mark = error.mark.is_null() ? builder.last_mark() : error.mark;
    const std::string what = fmt::format("not valid YAML: {}", error.msg);
    if (static_cast<size_t>(mark.pos) < normal.size()) Refuse(name, mark.line + 1, mark.column + 1, what);
    // Something is missing at the end: the place is behind the last text, not on the line behind the last.
    const TextPlace end = PlaceAt(normal, EndOfContent(normal, normal.size()));
    Refuse(name, end.line, end.column, what);
  }
  return builder.root();
}

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return node.quoted ? fmt::format("the text \"{}\"", Printable(node.text))
                         : fmt::format("'{}'", Printable(node.text));
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a section";
  }
  return {};
}

}  // namespace clner
