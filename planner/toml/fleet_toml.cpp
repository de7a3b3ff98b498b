// SPDX-License-Identifier: Apache-2.0
// The only file that includes toml++.
#include "planner/toml/fleet_toml.hpp"

#include "planner/toml/spec_source.hpp"
#include "planner/toml/toml_bounds.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

SourcePosition position_of(const toml::source_region& region) {
    // A table that is defined only implicitly has no position; use the start of the file.
    return SourcePosition{
        0, std::max(region.begin.line, std::uint32_t{1}), std::max(region.begin.column, 1U)};
}

/// Maximum nesting of tables and arrays. toml++ has its own limit for brackets
/// (TOML_MAX_NESTED_VALUES, 256), but each key between them can add up to kSpecKeyDotsMax levels.
constexpr std::size_t kDepthMax = 256;

struct TooDeep {
    SourcePosition where;
};

double epoch_s_of(const toml::date& date) {
    const std::chrono::year_month_day day(
        std::chrono::year(date.year), std::chrono::month(date.month), std::chrono::day(date.day));
    return std::chrono::duration<double>(std::chrono::sys_days(day).time_since_epoch()).count();
}

SpecNode::DateOrTime moment_of(const toml::date_time& moment) {
    if (!moment.offset) {
        return {};
    }
    const toml::time& time = moment.time;
    const double of_day_s = time.hour * 3600.0 + time.minute * 60.0 + time.second +
                            time.nanosecond / 1e9 - moment.offset->minutes * 60.0;
    return {epoch_s_of(moment.date) + of_day_s};
}

/// Throws TooDeep.
SpecNode convert(const toml::node& node, std::size_t depth) {
    SpecNode result;
    result.where = position_of(node.source());
    if (depth > kDepthMax) {
        throw TooDeep{result.where};
    }
    if (const toml::table* table = node.as_table()) {
        SpecNode::Table members;
        members.reserve(table->size());
        for (const auto& [key, value] : *table) {
            members.push_back(SpecMember{
                std::string(key.str()), position_of(key.source()), convert(value, depth + 1)});
        }
        // toml++ sorts by name.
        std::sort(members.begin(), members.end(), [](const SpecMember& a, const SpecMember& b) {
            return a.key_where < b.key_where;
        });
        result.value = std::move(members);
    } else if (const toml::array* array = node.as_array()) {
        SpecNode::Array elements;
        elements.reserve(array->size());
        for (const toml::node& element : *array) {
            elements.push_back(convert(element, depth + 1));
        }
        result.value = std::move(elements);
    } else if (const auto* text = node.as_string()) {
        result.value = text->get();
    } else if (const auto* integer = node.as_integer()) {
        result.value = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
        result.value = number->get();
    } else if (const auto* flag = node.as_boolean()) {
        result.value = flag->get();
    } else if (const auto* date = node.as_date()) {
        result.value = SpecNode::DateOrTime{epoch_s_of(date->get())};
    } else if (const auto* moment = node.as_date_time()) {
        result.value = moment_of(moment->get());
    } else {
        result.value = SpecNode::DateOrTime{};
    }
    return result;
}

/// Clamps `where` to the end of its line or of the text, because the parser may report a position
/// beyond it.
SourcePosition within(SourcePosition where, std::string_view text) {
    const std::size_t line_begin = offset_of(SourcePosition{0, where.line, 1}, text);
    if (line_begin == std::string_view::npos) {
        return position_in(0, text, text.size());
    }
    const SourcePosition line_end = position_in(0, text, text.find('\n', line_begin));
    return std::min(where, line_end);
}

std::string explain(const toml::parse_error& problem) {
    std::string text(problem.description());
    constexpr std::string_view kNoise = "Error while parsing ";
    if (text.starts_with(kNoise)) {
        text.erase(0, kNoise.size());
    }
    const bool repeated = text.find("cannot redefine") != std::string::npos;
    return fmt::format(
        "invalid TOML: {}{}", text, repeated ? " (a key may be defined only once)" : "");
}

}  // namespace

std::optional<SpecNode> parse_toml(std::string_view text, DiagnosticList& problems) {
    if (const std::optional<TextFinding> finding = check_toml_bounds(text)) {
        problems.add(finding->severity, position_in(0, text, finding->offset), finding->text);
        return std::nullopt;
    }
    try {
        return convert(toml::parse(text), 0);
    } catch (const TooDeep& problem) {
        problems.error(problem.where,
                       fmt::format("tables are nested more than {} levels deep", kDepthMax));
        return std::nullopt;
    } catch (const toml::parse_error& problem) {
        problems.error(within(position_of(problem.source()), text), explain(problem));
        return std::nullopt;
    }
}

}  // namespace keyferry::planner
