// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/key_list.hpp"

#include "planner/spec/key_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

/// Parses keys, and reports problems that affect all of them only once.
class KeyReader {
  public:
    KeyReader(std::string group_name, const KeyHome& home, DiagnosticList& problems)
        : group_name_(std::move(group_name)), home_(home), problems_(problems) {}

    void add(std::string_view text, SourcePosition where) {
        if (text.starts_with("arn:")) {
            add_arn(text, where);
        } else {
            add_key_id(text, where);
        }
    }

    void reserve(std::size_t count) {
        keys_.reserve(keys_.size() + std::min(count, kFleetKeysMax + 1));
    }

    /// Returns whether there are already more keys than a fleet can have, so that reading can stop.
    bool is_full() const { return keys_.size() > kFleetKeysMax; }

    std::vector<SpecKey> take() { return std::move(keys_); }

  private:
    void add_arn(std::string_view text, SourcePosition where) {
        io::Parsed<io::KeyArn> arn = io::KeyArn::parse(text);
        if (!arn) {
            problems_.error(where, arn.error().text);
            return;
        }
        const std::optional<io::AccountId>& account = home_.account.value;
        if (account && *account != arn->account) {
            problems_.error(where,
                            fmt::format("the ARN is in account {}, but {} has account = \"{}\"; "
                                        "put keys in other accounts into a separate group",
                                        arn->account.digits(),
                                        group_name_,
                                        account->digits()));
            return;
        }
        const std::optional<std::vector<io::Region>>& primaries = home_.primaries.value;
        if (!primaries ||
            std::find(primaries->begin(), primaries->end(), arn->region) != primaries->end()) {
            keys_.push_back(SpecKey{*std::move(arn), where});
            return;
        }
        if (!std::binary_search(home_.replicas.begin(), home_.replicas.end(), arn->region)) {
            problems_.error(
                where,
                fmt::format("the ARN is in Region {}, but {} has primary = \"{}\"{} and "
                            "does not replicate to that Region; list the ARN of the "
                            "primary key",
                            arn->region.name(),
                            group_name_,
                            primaries->front().name(),
                            primaries->size() > 1 ? ", ..." : ""));
            return;
        }
        keys_.push_back(SpecKey{arn->in(primaries->front()), where});
    }

    void add_key_id(std::string_view text, SourcePosition where) {
        io::Parsed<io::KeyId> key_id = io::KeyId::parse(text);
        if (!key_id) {
            problems_.error(where, key_id.error().text);
            return;
        }
        if (home_.has_accounts) {
            if (!std::exchange(reported_missing_home_, true)) {
                problems_.error(where,
                                fmt::format("a key ID does not identify the key's account: {} has "
                                            "accounts = [...], so list key ARNs",
                                            group_name_));
            }
            return;
        }
        if (home_.account.value && home_.primaries.value) {
            keys_.push_back(SpecKey{
                io::KeyArn(
                    home_.primaries.value->front(), *home_.account.value, *std::move(key_id)),
                where});
            return;
        }
        const bool account_missing = !home_.account.written;
        const bool primary_missing = !home_.primaries.written;
        if ((account_missing || primary_missing) && !reported_missing_home_) {
            reported_missing_home_ = true;
            problems_.error(where,
                            fmt::format("a key ID does not identify the key's account and Region: "
                                        "add {}{}{} to {} or to [fleet], or list key ARNs",
                                        account_missing ? "account = \"...\"" : "",
                                        account_missing && primary_missing ? " and " : "",
                                        primary_missing ? "primary = \"<Region>\"" : "",
                                        group_name_));
        }
    }

    std::string group_name_;
    const KeyHome& home_;
    DiagnosticList& problems_;
    std::vector<SpecKey> keys_;
    bool reported_missing_home_ = false;
};

void add_lines(const NamedFile& file, KeyReader& keys) {
    const std::string_view text = file.text;
    keys.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
    for_each_key_line(text, [&](const KeyLine& line) {
        keys.add(line.key, SourcePosition{file.index, line.line, line.column});
        return !keys.is_full();
    });
}

}  // namespace

std::vector<SpecKey> read_keys(TableReader& group, const KeyHome& home, const SpecSource& source) {
    KeyReader keys(group.name(), home, source.problems);
    const SpecNode* listed = group.find("keys");
    const SpecNode* file_node = group.find("keys_file");
    const bool selects = group.find("select") != nullptr;
    if (listed == nullptr && file_node == nullptr) {
        if (!selects) {
            source.problems.error(group.where(),
                                  fmt::format("{} has no keys: write keys = [\"mrk-...\"], "
                                              "keys_file = \"...\" or select = {{ ... }}",
                                              group.name()));
        }
        return {};
    }
    const std::size_t errors_before = source.problems.error_count();
    const std::vector<Located<std::string>> texts = group.strings("keys");
    keys.reserve(texts.size());
    for (const Located<std::string>& text : texts) {
        keys.add(text.value, text.where);
    }
    if (const std::optional<Located<std::string>> path = group.string("keys_file")) {
        if (const auto file = read_named_file(*path, kKeysFileBytesMax, source)) {
            add_lines(*file, keys);
        }
    }
    std::vector<SpecKey> result = keys.take();
    if (result.empty() && source.problems.error_count() == errors_before &&
        home.account.written == home.account.value.has_value() &&
        home.primaries.written == home.primaries.value.has_value()) {
        source.problems.warning((listed != nullptr ? listed : file_node)->where,
                                fmt::format("{} has no keys: its list is empty", group.name()));
    }
    return result;
}

}  // namespace keyferry::planner
