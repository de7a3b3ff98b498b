// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

/// Ends a command before its work is done. The steps of a command throw it, and main() logs its
/// lines and returns its exit code, so that no step has to pass on the failure of another one.
class CommandError : public std::exception {
  public:
    CommandError(int exit_code, std::string line)
        : CommandError(exit_code, std::vector<std::string>{std::move(line)}) {}
    CommandError(int exit_code, std::vector<std::string> lines)
        : exit_code_(exit_code), lines_(std::move(lines)) {}

    [[nodiscard]] int exit_code() const noexcept { return exit_code_; }
    /// What happened and what to do next, one message per line.
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }
    void add_line(std::string line) { lines_.push_back(std::move(line)); }

    [[nodiscard]] const char* what() const noexcept override {
        return lines_.empty() ? "the command failed" : lines_.front().c_str();
    }

  private:
    int exit_code_;
    std::vector<std::string> lines_;
};

/// KMS would refuse every call, for example because the credentials have expired.
class KmsRefusal : public CommandError {
  public:
    /// `error` is KMS's error: "ExpiredTokenException: ...".
    explicit KmsRefusal(std::string error);

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

  private:
    std::string error_;
};

/// Logs each line of `error`.
void log_error(const CommandError& error);

}  // namespace keyferry::cli
