// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulate.hpp"

#include "tools/simulator/service/ledger_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

namespace keyferry::simulator {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path in_home(const char* name) {
    return fs::path(std::getenv("HOME")) / name;  // a folder for this test run
}

std::string content(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(ListenAddressTest, is_an_ip_address_and_a_port) {
    EXPECT_EQ(parse_listen_address("127.0.0.1:0")->port, 0);
    EXPECT_EQ(parse_listen_address("localhost:4566")->address, "127.0.0.1");
    EXPECT_EQ(parse_listen_address("[::1]:65535")->address, "::1");
    EXPECT_TRUE(parse_listen_address("[::1]:1")->is_loopback);
    EXPECT_TRUE(parse_listen_address("127.9.9.9:1")->is_loopback);
    EXPECT_FALSE(parse_listen_address("0.0.0.0:1")->is_loopback);
    for (const char* text : {"",
                             "127.0.0.1",
                             ":80",
                             "127.0.0.1:",
                             "127.0.0.1:65536",
                             "::1:80",
                             "[127.0.0.1]:1",
                             "example.com:80",
                             "127.0.0.1:80x"}) {
        EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
    }
}

constexpr io::OutputRule kLedger{.kind = io::FileKind::simulator_ledger};

LedgerEntry entry_about(std::string key) {
    LedgerEntry entry;
    entry.key = std::move(key);
    return entry;
}

TEST(LedgerFileTest, flush_writes_lines) {
    const fs::path path = in_home("ledger");
    LedgerFile file;
    ASSERT_FALSE(file.open(path.string(), kLedger));
    file.add(entry_about("one"));
    EXPECT_EQ(content(path), "");
    EXPECT_FALSE(file.flush());
    const std::string line = content(path);
    EXPECT_EQ(line.find("\"key\":\"one\""), line.find("\"key\""));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    file.add(entry_about(std::string(100'000, 'x')));  // exceeds the buffer
    EXPECT_GT(content(path).size(), line.size() + 100'000);
}

TEST(LedgerFileTest, write_error_is_reported_permanently) {
    LedgerFile file;
    ASSERT_FALSE(file.open("/dev/full", kLedger));
    file.add(entry_about("one"));
    EXPECT_EQ(file.flush(), std::errc::no_space_on_device);
    EXPECT_EQ(file.flush(), std::errc::no_space_on_device);
}

TEST(LedgerFileTest, open_reports_errors) {
    LedgerFile file;
    const auto problem = file.open(in_home("no/such/folder").string(), kLedger);
    EXPECT_NE(problem.value().text.find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace keyferry::simulator
