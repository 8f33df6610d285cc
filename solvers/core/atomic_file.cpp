// SPDX-License-Identifier: GPL-3.0-or-later
#include "solvers/core/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace ot::core {
namespace fs = std::filesystem;
namespace {

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  // same extension: libraries choose the format by it
  return path.parent_path() / fmt::format(".{}.tmp-{}-{}{}", path.stem().string(), ::getpid(), count++, path.extension().string());
}

std::string reason() { return std::strerror(errno); }

tl::unexpected<Error> cannot_write(const fs::path& path, const std::string& why) {
  return bad_input(fmt::format("Cannot write {} ({}). The file that was there is unchanged. Check free space and permissions.", path.string(), why));
}

Result<void> sync_and_rename(const fs::path& temporary, const fs::path& path) {
  const int fd = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return cannot_write(path, reason());
  const bool synced = ::fsync(fd) == 0 || errno == EINVAL;
  const std::string why = reason();
  ::close(fd);
  if (!synced) {
    ::unlink(temporary.c_str());
    return cannot_write(path, why);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string rename_reason = reason();
    ::unlink(temporary.c_str());
    return cannot_write(path, rename_reason);
  }
  return {};
}

}  // namespace

Result<void> write_file(const fs::path& path, std::string_view content) {
  return write_file_with(path, [&](const fs::path& temporary) -> Result<void> {
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return cannot_write(path, reason());
    std::size_t done = 0;
    while (done < content.size()) {
      const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        const std::string why = n == 0 ? "no bytes written" : reason();
        ::close(fd);
        return cannot_write(path, why);
      }
      done += static_cast<std::size_t>(n);
    }
    if (::close(fd) != 0) return cannot_write(path, reason());
    return {};
  });
}

Result<void> write_file_with(const fs::path& path, const std::function<Result<void>(const fs::path&)>& write) {
  const fs::path temporary = temporary_beside(path);
  if (auto ok = write(temporary); !ok) {
    ::unlink(temporary.c_str());
    return pass(ok);
  }
  return sync_and_rename(temporary, path);
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) return bad_input(fmt::format("{} is a folder, not a file. Name the file inside it.", path.string()));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return bad_input(fmt::format("Cannot read {} ({}). Check the path and permissions.", path.string(), reason()));
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const std::string why = reason();
      ::close(fd);
      return bad_input(fmt::format("Cannot read {} ({}).", path.string(), why));
    }
    if (n == 0) break;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > limit) {
      ::close(fd);
      return bad_input(fmt::format("{} is larger than {} bytes (it cannot be what is expected here). Check the file.", path.string(), limit));
    }
  }
  ::close(fd);
  return content;
}

}  // namespace ot::core
