// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/fault_options.hpp"

#include "io/file/read_file.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace keyferry::cli {

namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view item_in(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) {
        return {};
    }
    return line.substr(begin, line.find_last_not_of(kBlank) - begin + 1);
}

/// The file's items, comma-separated.
std::string items_of(const std::string& file) {
    const auto text = io::read_file(file, simulator::kFaultTextMax * 4);
    if (!text) {
        throw UsageError("--fault-file", text.error().text);
    }
    std::string items;
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::string_view item = item_in(line);
        if (item.empty()) {
            continue;
        }
        if (const auto alone = simulator::parse_faults(item); !alone) {
            throw UsageError("--fault-file",
                             fmt::format("{}:{}: {}", file, number, alone.error().text));
        }
        items += items.empty() ? "" : ",";
        items += item;
    }
    return items;
}

}  // namespace

simulator::FaultSettings read_faults(const std::string& text, const std::string& file) {
    std::string items = file.empty() ? std::string() : items_of(file);
    if (!text.empty()) {
        items += items.empty() ? text : "," + text;
    }
    const io::Parsed<simulator::FaultSettings> faults = simulator::parse_faults(items);
    if (!faults) {
        throw UsageError(text.empty() ? "--fault-file" : "--fault", faults.error().text);
    }
    return *faults;
}

}  // namespace keyferry::cli
