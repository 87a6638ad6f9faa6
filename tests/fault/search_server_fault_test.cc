// Rows 56-60 of the fault matrix: search servers that are away, busy, broken or hostile.
#include "core/json.h"
#include "support/search_server.h"

namespace clner::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "s3cret%2F";

class SearchServer : public Scratch {
 protected:
  void SetUp() override {
    Scratch::SetUp();
    if (!HasProgram("python3")) GTEST_SKIP() << "python3 is not installed";
    WriteText(
        Path("docs.jsonl"),
        "{\"id\":\"1\",\"title\":\"Acme Robotics\",\"text\":\"Acme Robotics makes robots in Lisbon.\"}\n"
        "{\"id\":\"2\",\"title\":\"Evil \\u202e\",\"text\":\"Lisbon\\tis <b>wet</b>\\u001b[31m and\\u0000 dry.\"}\n"
        "{\"id\":\"21\",\"text\":\"Jane Doe founded Acme Robotics.\"}\n");
  }
  [[nodiscard]] static Json Parse(const std::string& text) { return ParseJson(text, "out", ErrorCode::kData); }
  [[nodiscard]] ProcessResult Upload(const std::string& url, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"index", "upload", Path("docs.jsonl"), "--search", url, "--index-name",
                                          "leads", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
  [[nodiscard]] static ProcessResult Search(const std::string& url, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"search", "Jane in Lisbon", "--search", url, "--index-name", "leads"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunClner(arguments);
  }
};

TEST_F(SearchServer, EveryProductIsFilledAndSearchedTwiceAlike) {
  for (const char* product : {"es7", "es7old", "es8", "es9", "os"}) {
    const SearchServerProcess server({"--product", product});
    ExpectFailure(Search(server.Url()), 66, {"has no index 'leads'", "clner index upload"});
    const ProcessResult first = Upload(server.Url());
    ASSERT_EQ(first.exit_code, 0) << product << first.err;
    EXPECT_EQ(Parse(first.out).at("created"), 3);
    const ProcessResult second = Upload(server.Url());
    ASSERT_EQ(second.exit_code, 0) << product << second.err;
    EXPECT_EQ(Parse(second.out).at("created"), 0);
    EXPECT_EQ(Parse(second.out).at("replaced"), 3);
    const ProcessResult found = Search(server.Url(), {"--json"});
    ASSERT_EQ(found.exit_code, 0) << product << found.err;
    const Json json = Parse(found.out);
    EXPECT_EQ(json.at("partial"), false);
    EXPECT_EQ(json.at("candidates").size(), 3U);
    EXPECT_EQ(json.at("candidates").at(0).at("text"), "Acme Robotics makes robots in Lisbon.");
    EXPECT_THAT(json.at("engine").get<std::string>(), HasSubstr("documents 3"));
  }
}

TEST_F(SearchServer, TheRequestsAreThoseOfTheOfficialClients) {
  const Json golden = Parse(ReadText(CLNER_SOURCE_DIR "/tests/fault/search_requests_golden.json"));
  std::string lines;
  for (const Json& document : golden.at("documents")) {
    lines += DumpJson({{"id", document[0]}, {"title", document[1]}, {"text", document[2]}}) + "\n";
  }
  WriteText(Path("docs.jsonl"), lines);
  for (const auto& [product, client] : golden.at("clients").items()) {
    std::filesystem::remove(Path("log"));
    const SearchServerProcess server({"--product", product, "--log", Path("log")});
    ASSERT_EQ(Upload(server.Url()).exit_code, 0);
    ASSERT_EQ(RunClner({"search", golden.at("search"), "--search", server.Url(), "--index-name", "leads"}).exit_code,
              0);
    std::istringstream log(ReadText(Path("log")));
    Json sent = Json::array();
    bool greeted = false;
    for (std::string line; std::getline(log, line);) {
      const Json entry = Parse(line);
      const bool greeting = entry.at("path") == "/";
      if (greeting && greeted) continue;  // of the second program
      greeted = greeted || greeting;
      const Json& headers = entry.at("headers");
      sent.push_back({{"method", entry.at("method")},
                      {"path", entry.at("path")},
                      {"accept", headers.at("accept")},
                      {"content_type", headers.value("content-type", "")},
                      {"body", entry.at("body")}});
    }
    Json expected = client.at("requests");
    for (Json& request : expected) {
      // Ours says what it takes, names the type of a body only where there is one, and NDJSON for what is NDJSON; it
      // asks who is there before it knows the version. Connection, user agent and accepted encodings are each client's
      // own.
      const bool lines_of_json = request.at("path") == "/_bulk" || request.at("path") == "/_msearch";
      if (request.at("accept") == "" || request.at("path") == "/") request["accept"] = "application/json";
      if (request.at("body") == "") request["content_type"] = "";
      if (product == "os" && lines_of_json) request["content_type"] = "application/x-ndjson";
    }
    EXPECT_EQ(sent, expected) << product;
  }
}

TEST_F(SearchServer, AServerThatIsAwayIsNamedWithoutThePassword) {
  const std::string user = std::string("jane:") + kSecret + "@";
  for (const auto& [host, reason] : std::vector<std::pair<std::string, std::string>>{
           {"127.0.0.1:1", "connect"}, {"no-such-host.invalid:9200", "resolve host"}}) {
    const ProcessResult result = Search("http://" + user + host, {"-vv"});
    ExpectFailure(result, 69, {"no answer from the search server", reason, "http://" + host});
    EXPECT_THAT(result.err, AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("jane"))));
  }
  for (const char* url : {"localhost:9200", "ftp://x/", "http://", "http://a b/", "http://x/?q=1"})
    ExpectFailure(Search(url), 64, {"is no address of a search server"});
  const ProcessResult malformed = Search("ht!tp://jane:s3cret@host");
  ExpectFailure(malformed, 64, {"is no address"});
  EXPECT_THAT(malformed.err, Not(HasSubstr("s3cret")));
}

TEST_F(SearchServer, CredentialsComeFromEnvironmentFileOrAddressAndAreNeverShown) {
  const SearchServerProcess server({"--auth", "Basic amFuZTpzM2NyZXQv"});  // jane:s3cret/
  ProcessOptions with;
  with.environment["SEARCH_KEY"] = "jane:s3cret/";
  const std::vector<std::string> arguments = {
      "index", "upload", Path("docs.jsonl"), "--search", server.Url(), "--index-name", "leads", "-vv"};
  const auto run = [&](const std::string& source, const ProcessOptions& options = {}) {
    std::vector<std::string> all = arguments;
    if (!source.empty()) all.insert(all.end(), {"--search-auth", source});
    const ProcessResult result = RunClner(all, options);
    EXPECT_THAT(result.err, AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("amFuZ")), Not(HasSubstr("s3cr"))));
    return result;
  };
  EXPECT_EQ(run("env:SEARCH_KEY", with).exit_code, 0);
  WriteText(Path("key"), "Basic jane:s3cret/\n");
  EXPECT_EQ(run("file:" + Path("key")).exit_code, 0);
  EXPECT_EQ(Search(server.Url(std::string("jane:") + kSecret + "@")).exit_code, 0);
  ExpectFailure(run(""), 69, {"wants other credentials (401)", "--search-auth"});
  WriteText(Path("key"), "bearer s3cret\n");
  ExpectFailure(run("file:" + Path("key")), 69, {"(401)"});
  for (const char* bad : {"s3cret", "basic s3cret", "bearer ", "apikey s3 cret", "basic a:s3cret\r\nX: y", ""}) {
    WriteText(Path("key"), bad);
    ExpectFailure(run("file:" + Path("key")), 65, {Path("key")});
  }
  ExpectFailure(run("env:NOT_SET_AT_ALL"), 66, {"NOT_SET_AT_ALL"});
  ExpectFailure(run("file:" + Path("none")), 66, {"none"});
  ExpectFailure(run("jane:s3cret"), 64, {"env:NAME or file:PATH"});
  const SearchServerProcess forbidding({"--fault", "forbidden"});
  ExpectFailure(Search(forbidding.Url()), 69, {"(403)"});
}

TEST_F(SearchServer, CertificatesAreChecked) {
  if (!HasProgram("openssl")) GTEST_SKIP() << "openssl is not installed";
  const auto make = [&](const std::string& name, const std::string& days) {
    const std::string base = Path(name);
    return RunShell("openssl req -newkey rsa:2048 -nodes -keyout " + base + ".key -out " + base +
                    ".csr -subj /CN=127.0.0.1 2>&1 && printf 'subjectAltName=IP:127.0.0.1' >" + base +
                    ".ext && openssl x509 -req -in " + base + ".csr -signkey " + base + ".key -days " + days +
                    " -extfile " + base + ".ext -out " + base + ".pem 2>&1");
  };
  ASSERT_EQ(make("own", "2").exit_code, 0);
  const SearchServerProcess server({"--cert", Path("own.pem"), "--key", Path("own.key")});
  const std::string url = "https://127.0.0.1:" + server.port();
  ExpectFailure(Search(url), 69, {"self-signed certificate", "--ca-file"});
  EXPECT_EQ(Upload(url, {"--ca-file", Path("own.pem")}).exit_code, 0);
  EXPECT_EQ(Search(url, {"--ca-file", Path("own.pem")}).exit_code, 0);
  const ProcessResult unchecked = Search(url, {"--any-certificate"});
  EXPECT_EQ(unchecked.exit_code, 0);
  EXPECT_THAT(unchecked.err, HasSubstr("is not checked"));
  ExpectFailure(Search("https://localhost:" + server.port(), {"--ca-file", Path("own.pem")}), 69, {"localhost"});
  ExpectFailure(Search(url, {"--ca-file", Path("none.pem")}), 66, {"none.pem"});
  ExpectFailure(Search(url, {"--ca-file", Path("docs.jsonl")}), 69, {"PEM"});
  ExpectFailure(Search(server.Url()), 69, {"no answer"});  // http to a TLS port
  if (make("old", "-1").exit_code != 0) GTEST_SKIP() << "this openssl makes no expired certificate";
  const SearchServerProcess expired({"--cert", Path("old.pem"), "--key", Path("old.key")});
  ExpectFailure(Search("https://127.0.0.1:" + expired.port(), {"--ca-file", Path("old.pem")}), 69, {"expired"});
}

TEST_F(SearchServer, ABusyServerIsWaitedForUpToALimit) {
  const SearchServerProcess busy({"--fault", "busy"});
  EXPECT_EQ(Upload(busy.Url()).exit_code, 0);
  const SearchServerProcess forever({"--fault", "busy_forever"});
  ExpectFailure(Search(forever.Url(), {"--retries", "1"}), 69, {"too busy (503)", "after 1 retries"});
  const SearchServerProcess tomorrow({"--fault", "retry_tomorrow"});
  ExpectFailure(Search(tomorrow.Url()), 69, {"after 0 retries", "asks to wait 86400 s"});
  const SearchServerProcess searches({"--fault", "search_busy"});
  ASSERT_EQ(Upload(searches.Url()).exit_code, 0);
  EXPECT_EQ(Parse(Search(searches.Url(), {"--json"}).out).at("candidates").size(), 3U);
}

TEST_F(SearchServer, BadAnswersAreRefused) {
  const std::vector<std::tuple<std::string, int, std::string>> faults = {
      {"half_json", 65, "bad JSON"},
      {"cut", 69, "no answer"},
      {"html", 69, "'text/html; charset=utf-8' instead of JSON"},
      {"html_as_json", 65, "bad JSON"},
      {"other_json", 69, "neither OpenSearch nor Elasticsearch"},
      {"old", 69, "6.8.23 is too old"},
      {"bad_gzip", 69, "no answer"},
      {"gzip_tail", 69, "not packed as it says"},
      {"endless_header", 69, "headers are too large"}};
  for (const auto& [fault, code, text] : faults) {
    const SearchServerProcess server({"--fault", fault});
    ExpectFailure(Search(server.Url()), code, {text, server.Url()});
  }
  const SearchServerProcess slow({"--fault", "slow"});
  ExpectFailure(Search(slow.Url(), {"--search-timeout", "0.5"}), 69, {"no answer", "--search-timeout"});
}

TEST_F(SearchServer, LargeAnswersAndGzipBombsAreCutOff) {
  for (const char* fault : {"endless", "bomb"}) {
    const SearchServerProcess server({"--fault", fault});
    const ProcessResult result =
        RunBounded("\"$clner\" search x --search " + server.Url() + " --index-name leads", 20, 300);
    ExpectFailure(result, 69, {"larger than 64 MiB"});
  }
  const SearchServerProcess gzip({"--fault", "gzip"});
  ASSERT_EQ(Upload(gzip.Url()).exit_code, 0);
  EXPECT_EQ(Search(gzip.Url()).exit_code, 0);
}

TEST_F(SearchServer, RedirectsAreNotFollowed) {
  WriteText(Path("log"), "");
  const SearchServerProcess other({"--log", Path("log")});
  const SearchServerProcess server({"--fault", "redirect:" + other.Url("eve:hidden@")});
  const ProcessResult result = Search(server.Url("jane:s3cret@"));
  ExpectFailure(result, 69, {"redirects to '" + other.Url() + "/'"});
  EXPECT_THAT(result.err, AllOf(Not(HasSubstr("hidden")), Not(HasSubstr("s3cret"))));
  EXPECT_EQ(ReadText(Path("log")), "");
}

TEST_F(SearchServer, PartsOfABulkRequestThatFailAreSentAgainOrListed) {
  const SearchServerProcess busy({"--fault", "bulk_busy"});
  const ProcessResult retried = Upload(busy.Url());
  ASSERT_EQ(retried.exit_code, 0) << retried.err;
  EXPECT_EQ(Parse(retried.out).at("created"), 3);
  const SearchServerProcess large({"--fault", "too_large"});
  EXPECT_EQ(Parse(Upload(large.Url()).out).at("created"), 3);

  const SearchServerProcess forever({"--fault", "bulk_busy_forever"});
  const ProcessResult given_up = Upload(forever.Url(), {"--retries", "0"});
  EXPECT_EQ(given_up.exit_code, 1);
  EXPECT_EQ(Parse(given_up.out).at("rejected"), 3);

  const SearchServerProcess server;
  WriteText(Path("docs.jsonl"), ReadText(Path("docs.jsonl")) + "{\"id\":\"bad\",\"text\":\"poison\"}\n");
  const ProcessResult result = Upload(server.Url(), {"--rejected", Path("rejected")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("bad: mapper_parsing_exception"), Not(HasSubstr("\x1b"))));
  EXPECT_EQ(Parse(result.out).at("rejected"), 1);
  EXPECT_EQ(Parse(ReadText(Path("rejected"))).at("id"), "bad");
  EXPECT_EQ(Parse(Search(server.Url(), {"--json"}).out).at("candidates").size(), 3U);
  const SearchServerProcess missing({"--fault", "item_missing"});
  ExpectFailure(Upload(missing.Url()), 65, {"does not list every document"});
}

TEST_F(SearchServer, PartialAnswersAreMarkedAndMissingOnesRefused) {
  for (const char* fault : {"shards", "timed_out"}) {
    const SearchServerProcess server({"--fault", fault});
    ASSERT_EQ(Upload(server.Url()).exit_code, 0);
    const ProcessResult result = Search(server.Url(), {"--json"});
    EXPECT_EQ(Parse(result.out).at("partial"), true);
    EXPECT_THAT(result.err, HasSubstr("did not answer"));
  }
  const SearchServerProcess server({"--fault", "answer_missing"});
  ASSERT_EQ(Upload(server.Url()).exit_code, 0);
  ExpectFailure(Search(server.Url()), 65, {"gives 0 answers to 1 searches"});
}

TEST_F(SearchServer, AnyQueryIsAnswered) {
  const SearchServerProcess server({"--fault", "large_together"});
  ASSERT_EQ(Upload(server.Url()).exit_code, 0);
  const auto search = [&](const std::string& text) {
    return RunClner({"search", text, "--search", server.Url(), "--index-name", "leads", "--json"});
  };
  for (const char* text : {"", "?!", "\xF0\x9F\x98\x80", "AND (\":/", "the of", "* OR title:(x"}) {
    const ProcessResult result = search(text);
    EXPECT_EQ(result.exit_code, 0) << text << result.err;
  }
  std::string words, run;
  for (int i = 0; i < 90; ++i) words += "word" + std::to_string(i) + " ";
  for (int i = 0; i < 1500; ++i) run += "x.";
  EXPECT_EQ(Parse(search(words + "Lisbon").out).at("candidates").size(),
            2U);  // in several parts: the answer was too large
  const SearchServerProcess plain;
  ASSERT_EQ(Upload(plain.Url()).exit_code, 0);
  for (int i = 0; i < 5000; ++i) words += "word" + std::to_string(i) + " ";
  const ProcessResult long_query =
      RunClner({"search", words + "Lisbon", "--search", plain.Url(), "--index-name", "leads", "--json"});
  ASSERT_EQ(long_query.exit_code, 0) << long_query.err;
  EXPECT_EQ(Parse(long_query.out).at("candidates").size(), 2U);
  EXPECT_EQ(RunClner({"search", run + " Lisbon", "--search", plain.Url(), "--index-name", "leads"}).exit_code, 0);
  EXPECT_EQ(RunClner({"search", "Lisbon", "--search", plain.Url(), "--index-name", "leads"}).out.find('\x1b'),
            std::string::npos);
}

TEST_F(SearchServer, OptionsThatDoNotFitAreNamed) {
  ExpectFailure(RunClner({"search", "x"}), 64, {"no engine is named"});
  ExpectFailure(RunClner({"search", "x", "-i", "a", "--search-command", "b"}), 64, {"more than one engine"});
  ExpectFailure(RunClner({"search", "x", "--search", "http://a"}), 64, {"needs --index-name"});
  ExpectFailure(RunClner({"search", "x", "-i", "a", "--ca-file", "b"}), 64, {"--ca-file has no effect"});
  ExpectFailure(RunClner({"search", "x", "-i", "a", "--index-name", "b"}), 64, {"--index-name has no effect"});
  ExpectFailure(RunClner({"index", "upload", Path("docs.jsonl")}), 64, {"no server and index"});
  const SearchServerProcess server;
  for (const char* name : {"Upper", "a/b", "-a", "a b", "a,b", ".."})
    ExpectFailure(RunClner({"index", "upload", Path("docs.jsonl"), "--search", server.Url(),
                            "--index-name=" + std::string(name)}),
                  64, {"cannot be the name of an index"});
  ASSERT_EQ(Upload(server.Url()).exit_code, 0);
  ExpectFailure(Search(server.Url(), {"--search-fields", "body=x"}), 64, {"names no field"});
  EXPECT_EQ(Search(server.Url(), {"--search-fields", "title="}).exit_code, 0);
}

TEST_F(SearchServer, AStopEndsTheWait) {
  const SearchServerProcess server({"--fault", "busy_forever"});
  Background program({CLNER_PROGRAM, "index", "upload", Path("docs.jsonl"), "--search", server.Url(), "--index-name",
                      "leads", "-v", "--retries", "100"});
  ASSERT_TRUE(program.WaitUntil([&] { return program.Err().find("busy; waiting") != std::string::npos; }));
  program.Signal(SIGTERM);
  const ProcessResult result = program.Wait();
  ExpectFailure(result, 75, {"stopped by SIGTERM"});
}

}  // namespace
}  // namespace clner::test
