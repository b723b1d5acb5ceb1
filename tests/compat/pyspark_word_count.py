"""The word count of every Spark tutorial, from hdfs:// to hdfs://."""
import sys

from pyspark.sql import SparkSession

default_fs = sys.argv[1]
spark = (SparkSession.builder.master("local[2]").appName("word count")
         .config("spark.ui.enabled", "false").config("spark.hadoop.fs.defaultFS", default_fs)
         .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
         .getOrCreate())
counts = (spark.sparkContext.textFile(f"{default_fs}/in/text")
          .flatMap(lambda line: line.split()).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
          .map(lambda pair: f"{pair[0]}\t{pair[1]}"))
counts.saveAsTextFile(f"{default_fs}/out")
spark.stop()
