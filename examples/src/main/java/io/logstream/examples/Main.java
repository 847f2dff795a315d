package io.logstream.examples;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code logstream} command. */
@Command(
        name = "logstream",
        description = "Follows logs, live, with an exact account of anything missed.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Main.Version.class,
        subcommands = {
            FollowCommand.class,
            ContainersCommand.class,
            JobsCommand.class,
            DoctorCommand.class,
            DemoCommand.class
        })
final class Main implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show what the library logs, and stack traces.")
    private boolean debug;

    private Main() {}

    public static void main(String[] args) {
        System.setProperty("jdk.console", "java.base"); // or a console need be no terminal
        Main main = new Main();
        int code = new CommandLine(main)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(main::execute)
                .setParameterExceptionHandler((e, ignored) -> main.fail(e.getCommandLine(), e, ExitCode.USAGE))
                .setExecutionExceptionHandler((e, command, ignored) -> main.fail(command, e, exitCode(e)))
                .execute(args);
        System.exit(code);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: follow, containers, jobs, doctor or demo; --help tells more");
    }

    /** The library's log is set up before anything asks for it. */
    private int execute(CommandLine.ParseResult parsed) {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", debug ? "debug" : "warn");
        System.setProperty(
                "org.slf4j.simpleLogger.log.org.apache.sshd", debug ? "info" : "off"); // outages are told anyway
        return new CommandLine.RunLast().execute(parsed);
    }

    private int fail(CommandLine command, Exception e, int code) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage().replaceFirst("^Error: ", "");
        System.err.println(command.getCommandSpec().qualifiedName() + ": " + TerminalSanitizer.sanitize(message));
        if (debug) {
            e.printStackTrace();
        }
        return code;
    }

    private static int exitCode(Exception e) {
        return e instanceof UserError || e instanceof ParameterException ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    /** Tells the version that the package was built as. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            Properties properties = new Properties();
            try (InputStream in =
                    Main.class.getResourceAsStream("/META-INF/maven/io.logstream/logstream-examples/pom.properties")) {
                if (in != null) {
                    properties.load(in);
                }
            }
            return new String[] {"logstream " + properties.getProperty("version", "(not packaged)")};
        }
    }
}
