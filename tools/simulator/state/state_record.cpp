// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/state/state_record.hpp"

#include "io/checksum/crc32c.hpp"

#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <cassert>
#include <iterator>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kBegin = "{\"crc32c\":\"";
constexpr std::string_view kSeparator = "\",";
constexpr std::size_t kDigits = 8;
constexpr std::size_t kHeadBytes = kBegin.size() + kDigits + kSeparator.size();

}  // namespace

void RecordChain::append(std::string_view record, std::string& text) {
    assert(record.size() > 2 && record.front() == '{');
    const std::string_view rest = record.substr(1);
    checksum_ = io::crc32c(rest, checksum_);
    fmt::format_to(std::back_inserter(text), "{}{:08x}{}{}\n", kBegin, checksum_, kSeparator, rest);
}

std::optional<io::ParseProblem> RecordChain::verify(std::string_view line) {
    if (!line.starts_with(kBegin) || line.size() <= kHeadBytes) {
        return io::ParseProblem{"not a record of a simulator state"};
    }
    const std::uint32_t checksum = io::crc32c(line.substr(kHeadBytes), checksum_);
    if (line.substr(kBegin.size(), kDigits + kSeparator.size()) !=
        fmt::format("{:08x}{}", checksum, kSeparator)) {
        return io::ParseProblem{
            "the checksum does not match: this line was changed, or lines before it are missing"};
    }
    checksum_ = checksum;
    return std::nullopt;
}

std::string_view state_record_kind(std::string_view line) {
    if (!line.starts_with(kBegin) || line.size() <= kHeadBytes || line[kHeadBytes] != '"') {
        return {};
    }
    const std::string_view rest = line.substr(kHeadBytes + 1);
    return rest.substr(0, rest.find('"'));
}

io::Parsed<boost::json::object> parse_state_record(std::string_view line) {
    boost::json::error_code error;
    boost::json::value value =
        boost::json::parse(boost::json::string_view(line.data(), line.size()), error);
    if (error || !value.is_object()) {
        return io::ParseProblem{"not a JSON object"};
    }
    return std::move(value.get_object());
}

}  // namespace keyferry::simulator
