// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/requests/request_checks.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// Reads the members of one JSON object. Records the first member that has the wrong type, all
/// missing required members, and some constraint violations. Null members count as missing.
class MemberReader {
  public:
    /// `value` must outlive the reader.
    explicit MemberReader(const boost::json::value& value);

    void read(std::string_view name, std::optional<std::string>& into);
    void read(std::string_view name, std::optional<bool>& into);
    void read(std::string_view name, std::optional<std::int32_t>& into);
    void read(std::string_view name, std::optional<double>& into);

    /// Reads an object whose members are strings.
    void read(std::string_view name, std::optional<std::map<std::string, std::string>>& into);

    /// If the member is present and is an object, calls `read_members` with its members.
    void read_object(std::string_view name, const std::function<void(MemberReader&)>& read_members);

    /// `shown_as` is the member's name in the ValidationException.
    std::string read_required(std::string_view name, std::string_view shown_as);

    /// Returns an empty string if the member is missing; rejects an empty member.
    std::string read_optional_key_id(std::string_view name, std::string_view shown_as);

    /// Returns the decoded bytes of a base64 member.
    std::string read_required_bytes(std::string_view name, std::string_view shown_as);

    /// Like read_required_bytes(), but for secret bytes. Wipes the copies that it makes.
    io::Secret read_required_secret(std::string_view name, std::string_view shown_as);

    void read_texts(std::string_view name, std::vector<std::string>& into);
    /// Reads an object whose members are all strings.
    void read_text_map(std::string_view name, std::map<std::string, std::string>& into);
    [[nodiscard]] bool has(std::string_view name) const { return member(name) != nullptr; }

    void read_tags(std::vector<io::Tag>& into);
    std::vector<io::Tag> read_required_tags();
    std::vector<std::string> read_required_texts(std::string_view name, std::string_view shown_as);

    /// Checks the constraints of GrantTokens, which have no other effect in the simulator.
    void check_grant_tokens();
    /// Rejects the request with UnsupportedOperationException if it has the member.
    void refuse(std::string_view name, std::string_view message);

    /// The error response for the members read so far; nullopt if there was no error.
    [[nodiscard]] std::optional<KmsRefusal> refusal() const;

  private:
    [[nodiscard]] const boost::json::value* member(std::string_view name) const;
    /// Returns the member if it is a list; records an error if it has another type.
    const boost::json::array* list(std::string_view name);
    void wrong_type(const boost::json::value& value, std::string_view wanted);

    const boost::json::object* object_;
    std::string wrong_;
    ValidationFindings findings_;
    std::optional<KmsRefusal> first_in_list_;
    std::optional<KmsRefusal> unsupported_;
};

}  // namespace keyferry::simulator
