// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/recovery.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::engine {

/// The reason why a journal cannot be used.
struct JournalProblem {
    enum class Kind : std::uint8_t {
        io,             ///< a system error: file not found, no permission, no space, disk error
        held,           ///< another process is using it
        other_plan,     ///< belongs to another plan, or to a simulated run
        other_verb,     ///< belongs to a sync instead of a run, or vice versa
        other_access,   ///< its runs called KMS at a different endpoint or as a different caller
        unusable,       ///< damaged, or not a journal
        newer_version,  ///< written by a version of the program that this one cannot read
        not_needed,     ///< not damaged, so there is nothing to repair
    };

    JournalProblem() = default;
    JournalProblem(Kind kind_, std::string text_) : kind(kind_), text(std::move(text_)) {}

    Kind kind = Kind::io;
    /// A message for the user: the file, the operation, the error and what to do next. One to three
    /// sentences without newlines.
    std::string text;
};

/// Called by JournalResult::value() if the result is a problem. Callers of value() must check for a
/// problem first.
[[noreturn]] inline void throw_exception_from_error(const JournalProblem& problem,
                                                    const boost::source_location& /*where*/) {
    throw std::runtime_error(problem.text);
}

template <typename T>
using JournalResult = boost::system::result<T, JournalProblem>;

/// Describes a failed operation ("open", "write", "fdatasync", ...) on the journal at `path`.
[[nodiscard]] JournalProblem journal_io_problem(std::string_view path,
                                                std::string_view operation,
                                                std::error_code error);

/// Describes a journal without any record.
[[nodiscard]] JournalProblem empty_journal_problem(std::string_view path);

/// Returns why a scanned journal cannot be used; nullopt if it is intact or has a torn tail.
[[nodiscard]] std::optional<JournalProblem> journal_scan_problem(std::string_view path,
                                                                 const JournalScan& scan);

}  // namespace keyferry::engine
