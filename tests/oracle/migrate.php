<?php
/**
 * Runs the migrations of fixture cases through a real Laravel on a real MariaDB, and prints what happened as JSON.
 *
 *   php migrate.php SOCKET FRAMEWORK CASE…
 *
 * FRAMEWORK is a folder with `Illuminate/` in it: that of the framework's sources, or `/usr/share/php` of Debian's packages.
 * Each file is run through `Migrator::runPending()` on its own, on what the one before left behind.
 */

error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
[, $socket, $framework] = $argv;
$cases = array_slice($argv, 3);

foreach (['Carbon', 'Doctrine/Inflector', 'Psr/Container', 'Psr/EventDispatcher', 'Psr/Log', 'Psr/SimpleCache', 'Dotenv', 'PhpOption',
    'Symfony/Component/Finder', 'Symfony/Component/Console', 'Symfony/Component/String', 'Ramsey/Uuid'] as $package) {
    if (is_file("/usr/share/php/$package/autoload.php")) {
        require_once "/usr/share/php/$package/autoload.php";
    }
}

spl_autoload_register(function (string $class) use ($framework) {
    if (! str_starts_with($class, 'Illuminate\\')) {
        return;
    }
    // Some parts of `Illuminate\Support` stand in folders of their own.
    $path = str_replace('\\', '/', $class);
    $tail = substr($path, strlen('Illuminate/Support/'));
    foreach ([$path, "Illuminate/Collections/$tail", "Illuminate/Conditionable/$tail", "Illuminate/Macroable/$tail"] as $file) {
        if (is_file("$framework/$file.php")) {
            require_once "$framework/$file.php";
            return;
        }
    }
});
foreach (['Collections/functions', 'Collections/helpers', 'Support/functions', 'Support/helpers', 'Foundation/helpers'] as $helpers) {
    if (is_file("$framework/Illuminate/$helpers.php")) {
        require_once "$framework/Illuminate/$helpers.php";
    }
}

use Illuminate\Container\Container;
use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Migrations\DatabaseMigrationRepository;
use Illuminate\Database\Migrations\Migrator;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Support\Facades\Facade;

/** What migrations ask of an application. */
class Application extends Container
{
    public function __construct(private string $base) {}
    public function environment(...$names) { $names = is_array($names[0] ?? null) ? $names[0] : $names; return $names ? in_array('production', $names) : 'production'; }
    public function isProduction() { return true; }
    public function isLocal() { return false; }
    public function runningUnitTests() { return false; }
    public function runningInConsole() { return true; }
    public function basePath($path = '') { return $this->base.($path ? "/$path" : ''); }
    public function databasePath($path = '') { return $this->base.'/database'.($path ? "/$path" : ''); }
    public function storagePath($path = '') { return $this->base.'/storage'.($path ? "/$path" : ''); }
    public function path($path = '') { return $this->base.'/app'.($path ? "/$path" : ''); }
}

/** Takes every call and does nothing. */
class Quiet { public function __call($name, $arguments) { return $this; } }

/** A connection of the case: what its configuration says, and the server of the test. */
function connection(array $config, string $database, string $socket): array
{
    return array_merge(['driver' => 'mysql', 'prefix' => '', 'prefix_indexes' => true, 'charset' => 'utf8mb4',
        'collation' => 'utf8mb4_unicode_ci', 'strict' => true, 'engine' => null], $config,
        ['host' => 'localhost', 'unix_socket' => $socket, 'username' => 'root', 'password' => '', 'database' => $database]);
}

function load(PDO $pdo, string $socket, string $database, ?string $file): void
{
    $pdo->exec("drop database if exists `$database`");
    $pdo->exec("create database `$database` character set utf8mb4 collate utf8mb4_unicode_ci");
    if ($file !== null) {
        $client = ['mariadb', '--no-defaults', '--socket', $socket, '--user', 'root', '--init-command=set foreign_key_checks=0', $database];
        $process = proc_open($client, [0 => ['file', $file, 'r'], 2 => ['pipe', 'w']], $pipes);
        $errors = stream_get_contents($pipes[2]);
        if (proc_close($process) !== 0) {
            throw new RuntimeException("$file: $errors");
        }
    }
}

/** The error of the server, or of PHP, without values of rows. */
function described(Throwable $error): array
{
    if ($error instanceof PDOException && isset($error->errorInfo[1])) {
        return ['errno' => $error->errorInfo[1], 'sqlstate' => $error->errorInfo[0]];
    }
    return ['errno' => null, 'php' => get_class($error)];
}

function indexes(PDO $pdo, string $database, string $migrations): array
{
    $rows = $pdo->query("select table_name t, index_name n, non_unique u, column_name c, sub_part s, collation d, index_type k
        from information_schema.statistics where table_schema = '$database' order by t, n, seq_in_index")->fetchAll(PDO::FETCH_ASSOC);
    $tables = [];
    foreach ($rows as $row) {
        if ($row['t'] === $migrations) {
            continue;
        }
        $index = &$tables[$row['t']][$row['n']];
        $index['unique'] = $row['u'] == 0;
        $index['type'] = $row['k'];
        $length = $row['s'] !== null && $row['k'] !== 'SPATIAL' ? "({$row['s']})" : '';
        $index['columns'][] = $row['c'].$length.($row['d'] === 'D' ? ' desc' : '');
    }
    return $tables;
}

function foreignKeys(PDO $pdo, string $database): array
{
    $rows = $pdo->query("select table_name t, constraint_name n, column_name c, referenced_table_name r, referenced_column_name rc
        from information_schema.key_column_usage where table_schema = '$database' and referenced_table_name is not null
        order by t, n, ordinal_position")->fetchAll(PDO::FETCH_ASSOC);
    $tables = [];
    foreach ($rows as $row) {
        $key = &$tables[$row['t']][$row['n']];
        $key['columns'][] = $row['c'];
        $key['references'] = $row['r'];
        $key['ref_columns'][] = $row['rc'];
    }
    return $tables;
}

function runCase(string $case, string $socket): array
{
    $app = new Application($case);
    Container::setInstance($app);
    Facade::clearResolvedInstances();
    Facade::setFacadeApplication($app);
    $config = [];
    foreach (glob("$case/config/*.php") as $file) {
        $config[basename($file, '.php')] = require $file;
    }
    $database = 'crm';
    $pdo = new PDO("mysql:unix_socket=$socket", 'root', '');
    $snapshot = is_file("$case/snapshot.sql") ? "$case/snapshot.sql" : dirname($case, 2).'/base.sql';
    load($pdo, $socket, $database, $snapshot);
    $manager = new Manager($app);
    $connections = $config['database']['connections'] ?? ['mysql' => []];
    $default = $config['database']['default'] ?? 'mysql';
    foreach ($connections as $name => $settings) {
        $other = $name === $default ? $database : "crm_$name";
        if ($name !== $default) {
            load($pdo, $socket, $other, is_file("$case/snapshot_$name.sql") ? "$case/snapshot_$name.sql" : null);
        }
        $manager->addConnection(connection($settings, $other, $socket), $name);
    }
    $repository = $app['config'];
    foreach ($config as $name => $values) {
        $repository[$name] = array_replace_recursive((array) ($repository[$name] ?? []), $name === 'database' ? [] : $values);
    }
    if (! $repository instanceof Illuminate\Config\Repository && class_exists(Illuminate\Config\Repository::class)) {
        $app->instance('config', $repository = new Illuminate\Config\Repository(
            array_merge(array_map(fn ($values) => $values, $config), ['database' => ['default' => $default] + ($config['database'] ?? []),
                'app' => ['env' => 'production'] + ($config['app'] ?? [])])));
        $all = [];
        foreach ($connections as $name => $settings) {
            $all[$name] = connection($settings, $name === $default ? $database : "crm_$name", $socket);
        }
        $repository->set('database.connections', $all);
    }
    $databases = $manager->getDatabaseManager();
    $databases->setDefaultConnection($default);
    $app->instance('db', $databases);
    $app->bind('db.schema', fn () => $databases->connection()->getSchemaBuilder());
    $app->instance('app', $app);
    $app->instance('files', new Filesystem);
    foreach (['log', 'cache', 'artisan'] as $name) {
        $app->instance($name, new Quiet);
    }
    Illuminate\Database\Eloquent\Model::setConnectionResolver($databases);
    Illuminate\Database\Schema\Builder::defaultStringLength(255);
    Illuminate\Database\Schema\Builder::defaultMorphKeyType('int');
    $autoload = function (string $class) use ($case) {
        $file = "$case/app/".str_replace('\\', '/', substr($class, 4)).'.php';
        if (str_starts_with($class, 'App\\') && is_file($file)) {
            require_once $file;
        }
    };
    spl_autoload_register($autoload);
    foreach (glob("$case/app/boot.php") as $file) {
        require $file;
    }
    $repository = new DatabaseMigrationRepository($databases, 'migrations');
    $repository->setSource($default);
    if (! $repository->repositoryExists()) {
        $repository->createRepository();
    }
    $migrator = new Migrator($repository, $databases, new Filesystem);
    $ran = $repository->getRan();
    $results = [];
    foreach ($migrator->getMigrationFiles(["$case/migrations"]) as $name => $path) {
        if (in_array($name, $ran, true)) {
            $results["$name.php"] = ['status' => 'recorded'];
            continue;
        }
        try {
            $migrator->requireFiles([$path]);
            $migrator->runPending([$path]);
            $results["$name.php"] = ['status' => 'ok'];
        } catch (Throwable $error) {
            $results["$name.php"] = ['status' => 'fails'] + described($error);
        }
        // A new run of artisan is a new session.
        foreach (array_keys($connections) as $connection) {
            $databases->purge($connection);
        }
        $databases->setDefaultConnection($default);
    }
    spl_autoload_unregister($autoload);
    $prefix = $connections[$default]['prefix'] ?? '';
    return ['migrations' => $results, 'after' => indexes($pdo, $database, $prefix.'migrations'), 'foreign_keys' => foreignKeys($pdo, $database)];
}

$all = [];
foreach ($cases as $case) {
    // A process for each: classes of one case would be in the way of another's.
    $answer = tempnam(sys_get_temp_dir(), 'case');
    $child = pcntl_fork();
    if ($child === 0) {
        try {
            $result = runCase($case, $socket);
        } catch (Throwable $error) {
            $result = ['broken' => get_class($error).': '.$error->getMessage().' at '.$error->getFile().':'.$error->getLine()];
        }
        file_put_contents($answer, json_encode($result, JSON_PARTIAL_OUTPUT_ON_ERROR));
        exit(0);
    }
    pcntl_waitpid($child, $status);
    $all[$case] = json_decode(file_get_contents($answer), true) ?? ['broken' => "the process ended with $status"];
    unlink($answer);
}
echo json_encode($all, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES), "\n";
