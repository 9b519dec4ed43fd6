<?php
// Runs the encoder under test: a header as JSON in the first line of standard input, then one task a line.
// Each answer is a line that begins with the mark of this run, so that what the code prints is no answer.
declare(strict_types=1);

namespace Mandant\Driver;

error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
$header = json_decode((string) fgets(STDIN), true);
$mark = $header['mark'];

$say = static function (array $answer) use ($mark): void {
    $json = json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE | JSON_PARTIAL_OUTPUT_ON_ERROR);
    fwrite(STDOUT, "\n" . $mark . $json . "\n");
};

/** Takes whatever is asked of it and gives nothing: a facade without an application. */
class Nothing implements \ArrayAccess
{
    public function __call($name, $arguments) { return null; }
    public static function __callStatic($name, $arguments) { return null; }
    public function __get($name) { return null; }
    public function offsetExists($offset): bool { return true; }
    #[\ReturnTypeWillChange]
    public function offsetGet($offset) { return new self(); }
    public function offsetSet($offset, $value): void {}
    public function offsetUnset($offset): void {}
}

$ended = false;
$busy = 'load';
register_shutdown_function(static function () use (&$ended, &$busy, $say): void {
    if ($ended) {
        return;
    }
    while (ob_get_level() > 0) {
        @ob_end_clean();
    }
    $error = error_get_last();
    $fatal = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_RECOVERABLE_ERROR;
    if ($error !== null && ($error['type'] & $fatal) !== 0) {
        $say(['end' => 'fatal', 'at' => $busy, 'message' => strtok($error['message'], "\n"), 'line' => $error['line']]);
    } else {
        $say(['end' => 'exit', 'at' => $busy]);
    }
});

// What code without its framework asks for. Names of the project itself are never stood in for: a class that it
// forgot to import is what it is.
if (!empty($header['autoload'])) {
    ob_start();
    require $header['autoload'];
    ob_end_clean();
    if (class_exists(\Illuminate\Support\Facades\Facade::class)) {
        \Illuminate\Support\Facades\Facade::setFacadeApplication(new Nothing());
    }
} else {
    $globals = ['Log', 'Cache', 'Config', 'DB', 'Event', 'Http', 'Redis', 'App', 'Auth', 'Session', 'Storage', 'Queue'];
    spl_autoload_register(static function (string $class) use ($globals): void {
        $parts = explode('\\', $class);
        $base = array_pop($parts);
        $space = implode('\\', $parts);
        $head = $space === '' ? '' : "namespace $space; ";
        if ($class === 'Illuminate\Support\Str') {
            eval($head . 'class Str {
                public static function upper($v) { return mb_strtoupper($v, "UTF-8"); }
                public static function lower($v) { return mb_strtolower($v, "UTF-8"); }
                public static function length($v) { return mb_strlen($v, "UTF-8"); }
                public static function substr($v, $s, $l = null) { return mb_substr($v, $s, $l, "UTF-8"); }
                public static function limit($v, $n = 100, $e = "...") { return mb_strwidth($v, "UTF-8") <= $n ? $v : rtrim(mb_strimwidth($v, 0, $n, "", "UTF-8")) . $e; }
                public static function contains($h, $n) { foreach ((array) $n as $one) { if ($one !== "" && strpos($h, $one) !== false) { return true; } } return false; }
                public static function replace($s, $r, $v) { return str_replace($s, $r, $v); }
                public static function startsWith($h, $n) { foreach ((array) $n as $one) { if ($one !== "" && strncmp($h, $one, strlen($one)) === 0) { return true; } } return false; }
                public static function __callStatic($name, $arguments) { throw new \Error("Str::$name() is not among the stand-ins: install the project\'s packages"); }
            }');
        } elseif (strncmp($class, 'Illuminate\Contracts\\', 21) === 0 || preg_match('/^Psr\\\\.*Interface$/', $class)) {
            eval($head . "interface $base {}");
        } elseif (strncmp($class, 'Illuminate\Support\Facades\\', 27) === 0 || ($space === '' && in_array($base, $globals, true))) {
            eval($head . "class $base extends \\Mandant\\Driver\\Nothing {}");
        } elseif (strncmp($class, 'Illuminate\\', 11) === 0) {
            eval($head . "class $base { public static function __callStatic(\$n, \$a) { throw new \\Error('$class is a stand-in: install the project\\'s packages'); } public function __call(\$n, \$a) { throw new \\Error('$class is a stand-in: install the project\\'s packages'); } }");
        }
    });
    // Classes of the project beside the one under test, where composer.json says where they are.
    $composer = @json_decode((string) @file_get_contents($header['root'] . '/composer.json'), true);
    $roots = is_array($composer) ? ($composer['autoload']['psr-4'] ?? []) : [];
    spl_autoload_register(static function (string $class) use ($roots, $header): void {
        foreach ($roots as $prefix => $folders) {
            foreach ((array) $folders as $folder) {
                $file = $header['root'] . '/' . rtrim($folder, '/') . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
                if (strncmp($class, $prefix, strlen($prefix)) === 0 && is_file($file)) {
                    require_once $file;
                    return;
                }
            }
        }
    });
    eval('namespace {
        if (!function_exists("config")) { function config($key = null, $default = null) { return $default; } }
        if (!function_exists("env")) { function env($key, $default = null) { return $default; } }
        if (!function_exists("app")) { function app($name = null) { return new \Mandant\Driver\Nothing(); } }
        if (!function_exists("resolve")) { function resolve($name) { return new \Mandant\Driver\Nothing(); } }
        if (!function_exists("logger")) { function logger() { return new \Mandant\Driver\Nothing(); } }
        if (!function_exists("info")) { function info() {} }
        if (!function_exists("report")) { function report($exception) {} }
        if (!function_exists("blank")) { function blank($v) { return $v === null || (is_string($v) && trim($v) === "") || $v === []; } }
        if (!function_exists("filled")) { function filled($v) { return !blank($v); } }
    }');
}

try {
    ob_start();
    if (!class_exists($header['class'], !empty($header['autoload']))) {
        require_once $header['file'];
    }
    ob_end_clean();
    if (!class_exists($header['class'])) {
        $ended = true;
        $say(['end' => 'no-class']);
        exit(0);
    }
    $class = new \ReflectionClass($header['class']);
    if (!$class->hasMethod($header['method'])) {
        $ended = true;
        $say(['end' => 'no-method', 'methods' => array_map(static fn ($m) => $m->getName(), $class->getMethods(\ReflectionMethod::IS_PUBLIC))]);
        exit(0);
    }
    $object = null;
    if ($class->isInstantiable()) {
        $constructor = $class->getConstructor();
        $object = $constructor !== null && $constructor->getNumberOfRequiredParameters() > 0
            ? $class->newInstanceWithoutConstructor() : $class->newInstance();
    }
} catch (\Throwable $error) {
    $ended = true;
    $say(['end' => 'load', 'message' => get_class($error) . ': ' . strtok($error->getMessage(), "\n")]);
    exit(0);
}

$say(['ready' => true, 'methods' => array_map(static fn ($m) => strtolower($m->getName()), $class->getMethods())]);
$noise = 0;
while (($line = fgets(STDIN)) !== false) {
    $task = json_decode($line, true);
    $busy = $task['id'];
    $answer = ['id' => $task['id']];
    ob_start(static function (string $text) use (&$noise): string {
        $noise += strlen($text);
        return '';
    }, 4096);
    try {
        $method = $class->getMethod($task['method']);
        $method->setAccessible(true);
        $result = $method->invokeArgs($method->isStatic() ? null : $object, $task['arguments']);
        if (is_string($result)) {
            $answer['text'] = $result;
        } elseif (is_bool($result)) {
            $answer['truth'] = $result;
        } elseif (is_int($result) || (is_float($result) && is_finite($result))) {
            $answer['number'] = $result;
        } else {
            $answer['type'] = is_object($result) ? get_class($result) : (is_float($result) ? 'float ' . $result : gettype($result));
        }
    } catch (\Throwable $error) {
        $answer['error'] = get_class($error) . ': ' . strtok($error->getMessage(), "\n");
        $answer['line'] = $error->getLine();
    }
    while (ob_get_level() > 0) {
        ob_end_clean();
    }
    $say($answer);
}
$ended = true;
$say(['end' => 'done', 'noise' => $noise]);
