// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/requests/request_checks.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// Reads the members of one JSON object and remembers the first that has the wrong type, and all
/// required ones that are missing. Members that are null count as missing.
class MemberReader {
  public:
    /// `value` must outlive the reader.
    explicit MemberReader(const boost::json::value& value);

    void read(std::string_view name, std::optional<std::string>& into);
    void read(std::string_view name, std::optional<bool>& into);
    void read(std::string_view name, std::optional<std::int32_t>& into);
    void read(std::string_view name, std::optional<double>& into);

    /// `shown_as` is the member's name in a ValidationException.
    std::string read_required(std::string_view name, std::string_view shown_as);

    /// The bytes of a member that is base64.
    std::string read_required_bytes(std::string_view name, std::string_view shown_as);

    void read_tags(std::vector<io::Tag>& into);
    std::vector<io::Tag> read_required_tags();
    std::vector<std::string> read_required_texts(std::string_view name, std::string_view shown_as);

    /// What is wrong with what was read, if anything is.
    [[nodiscard]] std::optional<KmsRefusal> refusal() const;

  private:
    [[nodiscard]] const boost::json::value* member(std::string_view name) const;
    /// The member if it is a list; notes it where it is something else.
    const boost::json::array* list(std::string_view name);
    void wrong_type(const boost::json::value& value, std::string_view wanted);

    const boost::json::object* object_;
    std::string wrong_;
    ValidationFindings missing_;
    std::optional<KmsRefusal> first_in_list_;
};

}  // namespace keyferry::simulator
