package dev.nfkit.socket;

/** The process behind a port id. */
public record SocketOwner(long pid, String name) {
    /**
     * A process.
     *
     * @param pid its process id
     * @param name its name, as {@code /proc/pid/comm} has it
     */
    public SocketOwner {}

    /**
     * The process id.
     *
     * @return a number as seen from this process's pid namespace
     */
    @Override
    public long pid() {
        return pid;
    }

    /**
     * The process's name.
     *
     * @return as {@code /proc/pid/comm} has it, 15 characters at most
     */
    @Override
    public String name() {
        return name;
    }
}
